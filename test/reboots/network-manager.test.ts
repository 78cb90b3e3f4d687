import { persistenceTest } from "../machines/persistence.ts";

persistenceTest("NetworkManager");
