/** Where an administrator installs the host script, for accounts that sudo allows just it. */
export const helperPath = "/usr/local/sbin/pulumi-kvm-network-helper";
