/** What a stream of changes says of itself. */
export interface StreamStatus {
  readonly running: boolean;
  readonly issued: number;
  readonly done: boolean;
}

export interface OrganizationStatus {
  /** The database-wide version of the last change. */
  readonly version: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly stream: StreamStatus;
  /** Requests to the Web API; `total`: all since it was started. */
  readonly requests: { readonly total: number };
}

/** The simulated organization's control, `/_control`; its commands are in local/dataverse/README.md. */
export class OrganizationClient {
  readonly #url: string;

  /** `dataverse`: the organization's origin without a slash at its end. */
  constructor(dataverse: string) {
    this.#url = `${dataverse}/_control`;
  }

  status(): Promise<OrganizationStatus> {
    return this.command('status') as Promise<OrganizationStatus>;
  }

  async command(command: string, input: object = {}): Promise<unknown> {
    const answer = await fetch(this.#url, { method: 'POST', body: JSON.stringify({ command, ...input }) });
    const result: unknown = await answer.json();
    if (!answer.ok) throw new Error(`the organization refused ${command}: ${JSON.stringify(result)}`);
    return result;
  }
}
