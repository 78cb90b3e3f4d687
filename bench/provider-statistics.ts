/**
 * Preloaded into every Node process of a measured run (NODE_OPTIONS). In the one that runs the provider it writes, when the
 * engine ends it, what reaching the hosts has cost: the provider itself need not know that it is measured.
 */
import { writeFileSync } from "node:fs";

const { KVM_BENCH_STATISTICS: file, KVM_BENCH_STATISTICS_MODULE: module } = process.env;

if (process.argv[1]?.includes("dynamic-provider") && file !== undefined && module !== undefined) {
  const end = async () => {
    // The instance that the provider uses: modules are one by their URL.
    const { hostStatistics } = await import(module);
    const { user, system } = process.cpuUsage();
    writeFileSync(file, JSON.stringify({ hosts: hostStatistics(), cpuSeconds: (user + system) / 1e6 }));
    process.exit();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, end);
}
