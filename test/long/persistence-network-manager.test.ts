import { persistenceTest } from "./persistence.ts";

persistenceTest("NetworkManager");
