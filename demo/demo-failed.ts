/** Something that the demo shows is not so. */
export class DemoFailed extends Error {}

export function claim(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new DemoFailed(otherwise);
}
