import { persistenceTest } from "./persistence.ts";

persistenceTest("ifupdown");
