import { expect, test } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { startLine } from '../support/line.ts';
import { ALL_STATES } from '../support/run-states.ts';
import { startStack } from '../support/stack.ts';
import { startRun } from '../support/start-run.ts';

/** For what a browser does while other tests have the processors, in milliseconds. */
const PATIENCE = 180_000;

/** Follows the stream in a page; resolves to what the page has been told when the stream is completed. */
function follow(url: string): Promise<string[]> {
  const told: string[] = [];
  const source = new EventSource(url);
  source.addEventListener('next', ({ data }) => {
    told.push(JSON.parse(data).data.assessmentRunStateChanges.state);
    document.title = String(told.length);
  });
  return new Promise((resolve) => {
    source.addEventListener('complete', () => {
      source.close();
      resolve(told);
    });
  });
}

test(
  'a browser’s EventSource that is cut off goes on by itself, and has had each state once',
  async () => {
    await using browser = await startBrowser();
    await using stack = await startStack();
    await using line = await startLine(stack.gateway.url);
    const query = `subscription { assessmentRunStateChanges(runIds: ["${await startRun(stack)}"]) { state } }`;
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(line.url);
    const told = page.evaluate(follow, `${line.url}?${new URLSearchParams({ query })}`);
    while (!(Number(await page.title()) >= 3)) await stack.clock.advance(50);
    line.cut();
    expect(await stack.advanceUntil(told)).toEqual(ALL_STATES);
  },
  PATIENCE,
);
