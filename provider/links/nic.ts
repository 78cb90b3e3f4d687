import type { Request } from "../host/host.ts";
export const changeNic = (_nic: unknown, _w: unknown): Request["steps"] => [];
