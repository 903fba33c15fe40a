import { app } from '@azure/functions';
import { note } from './probe.ts';

app.hook.appStart(() => note('hook', 'appStart'));
app.hook.appTerminate(() => note('hook', 'appTerminate'));
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  context.hookData.began = true;
  context.inputs[0] = 'replaced input';
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  note('post', { began: context.hookData.began, result: context.result });
  context.result = { body: 'replaced result' };
});
app.hook.log((context) => {
  if (context.message === 'to be changed') context.message = 'changed by a hook';
});

app.http('hooked', { handler: (request) => ({ body: String(request) }) });
