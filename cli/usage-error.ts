import { KvmNetworkError } from "../provider/schema/error.ts";

/** The command line can't be understood: told in one line, exit status 2. */
export class UsageError extends KvmNetworkError {
  constructor(message: string) {
    super("usage", message);
  }
}
