import path from 'node:path';
import { z } from 'zod';
import { StartFailure } from '../support/failure.ts';
import { readIfThere } from '../support/files.ts';

export type Settings = Readonly<Record<string, string | undefined>>;

const LocalSettings = z.object({ Values: z.record(z.string(), z.string()).default({}) });

/** `Values` of local.settings.json in the app's folder; an absent file is an empty one. */
export async function readLocalSettings(appFolder: string): Promise<Record<string, string>> {
  const file = path.join(appFolder, 'local.settings.json');
  const text = await readIfThere(file);
  return text === null ? {} : parseJsonFile(file, text, LocalSettings).Values;
}

/** The content of a configuration file. @throws StartFailure that names the file and the place in it */
export function parseJsonFile<T extends z.ZodType>(file: string, text: string, schema: T): z.output<T> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new StartFailure(`${file} is not valid JSON`, 'Correct it', error);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new StartFailure(`${file}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`, 'Correct it', parsed.error);
}

/** Replaces `%NAME%` in a binding's option by the setting of that name, as the real host does. */
export function resolveSetting(text: string, settings: Settings): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value !== undefined) return value;
    throw new StartFailure(`"${text}" refers to the setting ${name}, which is not set`, `Set ${name}`);
  });
}

/** `AzureWebJobs.<function>.Disabled` switches one function off. */
export function isDisabled(functionName: string, settings: Settings): boolean {
  const value = settings[`AzureWebJobs.${functionName}.Disabled`]?.toLowerCase();
  return value === 'true' || value === '1';
}
