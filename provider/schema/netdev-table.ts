/** What the names of our nft tables begin with: the uplink's name follows. nft(8): an identifier may hold `-` and `.`. */
export const netdevTablePrefix = "pulumi-kvm-network-";
