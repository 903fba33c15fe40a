import type { ActivityItem, Instance, Parent, RuntimeStatus } from './model.ts';

type Row = Record<string, unknown>;

export function toInstance(row: Row): Instance {
  return {
    id: String(row.id),
    execution: String(row.execution),
    name: String(row.name),
    version: textOrNull(row.version),
    input: textOrNull(row.input),
    output: textOrNull(row.output),
    customStatus: textOrNull(row.custom_status),
    // Only this program writes the column, and only from the same type.
    status: String(row.status) as RuntimeStatus,
    created: Number(row.created),
    updated: Number(row.updated),
    parent: toParent(row),
  };
}

export function toActivity(row: Row): ActivityItem {
  return {
    instance: String(row.instance),
    execution: String(row.execution),
    task: Number(row.task),
    name: String(row.name),
    input: textOrNull(row.input),
  };
}

function toParent(row: Row): Parent | undefined {
  if (row.parent_id === null) return undefined;
  return { id: String(row.parent_id), execution: String(row.parent_execution), task: Number(row.parent_task) };
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}
