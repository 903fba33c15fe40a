import type { RpcLong, RpcTypedData } from './core-types.ts';

/**
 * Values as the real host encodes them for the worker (Azure/azure-functions-host,
 * GrpcMessageConversionExtensions.cs), with its traps: a text that parses as JSON reaches the handler parsed, ids
 * included, and empty entries of an array vanish unless the app announces IncludeEmptyEntriesInMessagePayload.
 */
export function textArray(values: readonly (string | undefined)[], includeEmpty: boolean): RpcTypedData {
  const kept = includeEmpty ? values.map((value) => value ?? '') : values.filter((value) => Boolean(value));
  return { collectionString: { string: kept.filter((value) => value !== undefined) } };
}

/** Byte arrays: entries that are there are kept, even empty ones. */
export function bytesArray(values: readonly Uint8Array[]): RpcTypedData {
  return { collectionBytes: { bytes: [...values] } };
}

export function longArray(values: readonly bigint[]): RpcTypedData {
  return { collectionSint64: { sint64: values.map(toRpcLong) } };
}

export function json(value: unknown): RpcTypedData {
  return { json: JSON.stringify(value ?? null) };
}

/** The value an activity or an orchestrator returned, as the durable extension reads it; nothing is `null`. */
export function toPlainValue(data: RpcTypedData | null | undefined): unknown {
  if (!data) return null;
  if (data.string !== undefined) return data.string;
  if (data.json !== undefined) return JSON.parse(data.json);
  if (data.bytes !== undefined) return Buffer.from(data.bytes).toString('base64');
  return data.int ?? data.double ?? null;
}

function toRpcLong(value: bigint): RpcLong {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}
