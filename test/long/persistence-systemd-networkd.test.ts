import { persistenceTest } from "./persistence.ts";

persistenceTest("systemd-networkd");
