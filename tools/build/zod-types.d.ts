/**
 * As much of zod's types as our declarations mention. The published declarations import this instead of zod, whose own do not
 * compile in a project as `pulumi new typescript` makes it (no skipLibCheck, no esModuleInterop).
 */
export interface ZodType<Output = unknown, Input = unknown, _Internals = unknown> {
  readonly _output: Output;
  readonly _input: Input;
}

interface MayMiss {
  readonly mayMiss: true;
}
interface MayBeLeftOut {
  readonly mayBeLeftOut: true;
}

export type output<Schema extends ZodType> = Schema["_output"];
export type input<Schema extends ZodType> = Schema["_input"];
export type { output as infer };

export interface ZodString extends ZodType<string, string> {}
export interface ZodNumber extends ZodType<number, number> {}
export interface ZodBoolean extends ZodType<boolean, boolean> {}
export interface ZodUnknown extends ZodType {}
export interface ZodLiteral<Value> extends ZodType<Value, Value> {}
export interface ZodEnum<Entries> extends ZodType<Entries[keyof Entries], Entries[keyof Entries]> {}
export interface ZodArray<Item extends ZodType> extends ZodType<output<Item>[], input<Item>[]> {}
export interface ZodNullable<Inner extends ZodType> extends ZodType<output<Inner> | null, input<Inner> | null> {}
export interface ZodOptional<Inner extends ZodType>
  extends ZodType<output<Inner> | undefined, input<Inner> | undefined>,
    MayMiss,
    MayBeLeftOut {}
export interface ZodDefault<Inner extends ZodType>
  extends ZodType<Exclude<output<Inner>, undefined>, input<Inner> | undefined>,
    MayBeLeftOut {}
export interface ZodUnion<Members extends readonly ZodType[]>
  extends ZodType<output<Members[number]>, input<Members[number]>> {}
export interface ZodTransform<Output, Input> extends ZodType<Output, Input> {}
export interface ZodPipe<From extends ZodType, To extends ZodType> extends ZodType<output<To>, input<From>> {}
export interface ZodRecord<Key extends ZodType<PropertyKey, PropertyKey>, Value extends ZodType>
  extends ZodType<Record<output<Key>, output<Value>>, Record<input<Key>, input<Value>>> {}

export type ZodRawShape = Readonly<Record<string, ZodType>>;

type Flat<Fields> = { [Field in keyof Fields]: Fields[Field] };
type ObjectOutput<Shape extends ZodRawShape> = Flat<
  { -readonly [Field in keyof Shape as Shape[Field] extends MayMiss ? never : Field]: output<Shape[Field]> } & {
    -readonly [Field in keyof Shape as Shape[Field] extends MayMiss ? Field : never]?: output<Shape[Field]>;
  }
>;
type ObjectInput<Shape extends ZodRawShape> = Flat<
  { -readonly [Field in keyof Shape as Shape[Field] extends MayBeLeftOut ? never : Field]: input<Shape[Field]> } & {
    -readonly [Field in keyof Shape as Shape[Field] extends MayBeLeftOut ? Field : never]?: input<Shape[Field]>;
  }
>;
export interface ZodObject<Shape extends ZodRawShape = ZodRawShape, _Config = unknown>
  extends ZodType<ObjectOutput<Shape>, ObjectInput<Shape>> {}

export declare namespace core {
  type $strict = unknown;
  type $strip = unknown;
  type $ZodTypeInternals<_Output, _Input> = unknown;
}
