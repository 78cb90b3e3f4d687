/** The prefix of every mark: a link whose alias begins with it was made by some stack of this provider. */
export const markPrefix = "pulumi-kvm-network:";
