import { mainJob } from './main-job.ts';
import { demonstrateRefresh } from './refresh.ts';
import { onStage, type Stage } from './stage.ts';
import { SETTINGS as TROUBLE_SETTINGS, troubles } from './troubles.ts';

interface Demo {
  readonly settings: Record<string, string>;
  readonly play: (stage: Stage) => Promise<boolean>;
  readonly good: string;
  readonly bad: string;
}

const MAIN_JOB: Demo = {
  settings: {},
  play: mainJob,
  good: 'Everything is equal',
  bad: 'There are differences',
};
const DEMOS: Readonly<Record<string, Demo>> = {
  troubles: {
    settings: TROUBLE_SETTINGS,
    play: troubles,
    good: 'Every trouble was mended',
    bad: 'Not everything is as it should be',
  },
  refresh: {
    settings: {},
    play: ({ installation }) => demonstrateRefresh(installation),
    good: 'All went well',
    bad: 'Something did not go as it should',
  },
};

/** `npm run demo` shows the main job, `npm run demo -- troubles` what goes wrong and is mended, `-- refresh` a database refresh. Exit code 0 when all is well. */
async function main(): Promise<number> {
  const [name] = process.argv.slice(2);
  const demo = name === undefined ? MAIN_JOB : DEMOS[name];
  if (!demo) throw new Error(`there is no demo ${name}; there is ${Object.keys(DEMOS).join(', ')}`);
  const began = performance.now();
  const { play, settings, good, bad } = demo;
  const isGood = await onStage(settings, play);
  console.log(`\n${isGood ? good : bad} (${((performance.now() - began) / 1000).toFixed(1)} s in all).`);
  return isGood ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
