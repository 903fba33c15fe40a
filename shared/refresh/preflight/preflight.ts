import type { Environment, EnvironmentKey } from '../../control/environment.ts';
import type { PreflightFinding } from '../../control/operation.ts';
import type { RefreshPorts } from '../ports.ts';
import { retailSteps } from '../retail-steps.ts';
import { mustFind } from '../runbook/databases.ts';
import { examineDatabases, type NotCopied } from './databases.ts';
import { lockRefusal, registryRefusals, registryWarnings } from './registry.ts';

/** All that is known before a refresh: the dry run's answer. */
export interface Preflight {
  readonly source: Environment;
  readonly target: Environment;
  /** Refusals and warnings, all at once. */
  readonly findings: readonly PreflightFinding[];
  readonly notCopied: readonly NotCopied[];
  /** Null when the source could not be asked. */
  readonly bytes: number | null;
  readonly estimateMs: number | null;
  /** What people complete afterwards. */
  readonly afterwards: readonly string[];
}

/** Source and target of a request, by their ids in the project. */
export interface Way {
  readonly projectId: number;
  readonly sourceId: string;
  readonly targetId: string;
}

/** Bytes that are copied and scrubbed in a second: what a small server reaches. */
const BYTES_PER_S = 30_000_000;
/** Steps that take no time but their answers. */
const STEPS_MS = 60_000;

/** Both environments of a way. ENVIRONMENT_NOT_FOUND. */
export async function environmentsOf(
  ports: RefreshPorts,
  { projectId, sourceId, targetId }: Way,
): Promise<{ source: Environment; target: Environment }> {
  const key = (id: string): EnvironmentKey => ({ projectId, id });
  return { source: await mustFind(ports, key(sourceId)), target: await mustFind(ports, key(targetId)) };
}

/** Checks everything as it is now, but the locks. Writes nothing. */
export async function check(ports: RefreshPorts, source: Environment, target: Environment): Promise<Preflight> {
  const examined = await examineDatabases(ports, source, target);
  const { bytes, notCopied } = examined;
  return {
    source,
    target,
    findings: [
      ...registryRefusals(source, target, ports.options),
      ...examined.findings,
      ...registryWarnings(source, target),
    ],
    notCopied,
    bytes,
    estimateMs: bytes === null ? null : STEPS_MS + Math.ceil(bytes / BYTES_PER_S) * 1000,
    afterwards: retailSteps(target).map(({ title }) => title),
  };
}

/** The dry run: what a refresh would meet now. */
export async function preflight(ports: RefreshPorts, way: Way): Promise<Preflight> {
  const { source, target } = await environmentsOf(ports, way);
  const checked = await check(ports, source, target);
  const [lock] = [
    ...(await ports.control.operations.locking(target)),
    ...(await ports.control.operations.locking(source)).filter(({ sourceId }) => sourceId !== source.id),
  ];
  if (!lock) return checked;
  return { ...checked, findings: [lockRefusal(lock, source, target), ...checked.findings] };
}
