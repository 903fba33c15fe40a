/** Sets the customizations that the next synchronizations of an environment bring into its database. */
export async function customize(service: string, environment: string, statements: readonly string[]): Promise<void> {
  const answer = await fetch(`${service}/_control`, {
    method: 'POST',
    body: JSON.stringify({ command: 'customize', environment, statements }),
  });
  if (!answer.ok) throw new Error(`the synchronization refused the customization: ${await answer.text()}`);
}
