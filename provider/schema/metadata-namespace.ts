/** Names our element in a libvirt network's metadata. libvirt keeps it as it is, and asks for a namespace. */
export const metadataNamespace = "urn:x-pulumi-kvm-network:network:1";
