import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANYBODY } from '../../src/model/identity.ts';
import { type Authenticator, invalidToken } from '../../src/server/authentication.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { startStack } from '../support/stack.ts';

/** For what a browser does while other tests have the processors, in milliseconds. */
const PATIENCE = 90_000;

let browser: TestBrowser | undefined;

beforeAll(async () => {
  browser = await startBrowser();
}, 2 * PATIENCE);

afterAll(() => browser?.[Symbol.asyncDispose](), PATIENCE);

/** GraphiQL as a user meets it who has never been there. */
class GraphiQL implements AsyncDisposable {
  readonly page: Page;
  /** The origins that the page has sent requests to, and opened sockets to. */
  readonly contacts = new Set<string>();
  /** What failed in the page, and what the browser's console says of it. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => this.contacts.add(new URL(request.url()).origin));
    page.on('websocket', (socket) => this.contacts.add(new URL(socket.url()).origin));
    page.on('requestfailed', (request) => this.complaints.push(`${request.url()} ${request.failure()?.errorText}`));
    page.on('response', (response) => {
      if (!response.ok()) this.complaints.push(`${response.url()} ${response.status()}`);
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'warning' || message.type() === 'error') this.complaints.push(message.text());
    });
  }

  static async open(url: string): Promise<GraphiQL> {
    if (!browser) throw new Error('The browser did not start.');
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, colorScheme: 'light' });
    context.setDefaultTimeout(PATIENCE);
    const graphiql = new GraphiQL(await context.newPage());
    await graphiql.page.goto(url);
    await graphiql.query.getByText('{').first().waitFor();
    return graphiql;
  }

  /** What the editor shows of the tab's query. */
  get query(): Locator {
    return this.page.locator('.graphiql-query-editor .view-lines');
  }

  get variables(): Locator {
    return this.page.locator('.graphiql-editor-tool .view-lines').first();
  }

  /** What the pane of results shows. */
  get result(): Locator {
    return this.page.locator('.graphiql-response .view-lines');
  }

  async goTo(tab: string): Promise<void> {
    await this.page.getByRole('tab', { name: tab }).click();
    // What is shown is taken in a moment later, and stored then.
    const isStored = () => this.page.evaluate(`localStorage.getItem('graphiql:query')?.includes(' ${tab}(')`);
    await expect.poll(isStored, { timeout: PATIENCE }).toBe(true);
  }

  async run(): Promise<void> {
    await this.page.getByRole('button', { name: 'Execute query' }).click();
  }

  async stop(): Promise<void> {
    await this.page.getByRole('button', { name: 'Stop query' }).click();
  }

  /** Writes a token where the page says. */
  async showToken(token: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Headers' }).click();
    await this.page.locator('.graphiql-editor-tool .view-lines').last().click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.insertText(JSON.stringify({ Authorization: `Bearer ${token}` }));
    // The editor closes what it takes for open.
    await this.page.keyboard.press('ControlOrMeta+Shift+End');
    await this.page.keyboard.press('Delete');
  }

  /** Waits until the first state that the result shows is this one. */
  async shows(state: string): Promise<void> {
    const first = async () => /"state":\s"(\w+)"/.exec(await this.result.innerText())?.[1];
    await expect.poll(first, { timeout: PATIENCE }).toBe(state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

/** The README's picture: the query at its full height, with nothing that the mouse has left behind. */
async function takePicture(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Hide editor tools' }).click();
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement.blur()');
  await page.screenshot({ path: 'docs/graphiql.png', style: '.scrollbar { visibility: hidden; }' });
}

test(
  'GraphiQL opens with a tab for each way of using the graph, and its first click answers from targets to findings',
  async () => {
    await using stack = await startStack();
    await using graphiql = await GraphiQL.open(stack.gateway.url);
    const { page, query, result, contacts, complaints } = graphiql;
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(['TargetsToFindings', 'StartRun', 'FollowRuns']);
    expect(await query.innerText()).toMatch(/^#\s/);

    const [response] = await Promise.all([
      page.waitForResponse((answer) => answer.request().postDataJSON()?.operationName === 'TargetsToFindings'),
      graphiql.run(),
    ]);
    const { data, errors } = await response.json();
    expect(errors).toBeUndefined();
    expect(data.assessmentTargets.edges).toHaveLength(5);
    await result.getByText('"findings"').first().waitFor();
    await result.getByText('"title"').first().waitFor();

    expect(complaints).toEqual([]);
    expect([...contacts]).toEqual([new URL(stack.gateway.url).origin]);

    if (process.env.UPDATE_PICTURES === '1') await takePicture(page);
  },
  2 * PATIENCE,
);

test(
  'a run that is started in GraphiQL is followed there until it has completed',
  async () => {
    await using stack = await startStack();
    await using graphiql = await GraphiQL.open(stack.gateway.url);
    const { query, variables, result, contacts, complaints } = graphiql;

    await graphiql.goTo('StartRun');
    expect(await query.innerText()).toMatch(/^#\s/);
    expect(await variables.innerText()).toContain('"templateId"');
    await graphiql.run();
    await graphiql.shows('CREATED');

    await graphiql.goTo('FollowRuns');
    expect(await query.innerText()).toMatch(/^#\s/);
    expect(await variables.innerText()).toContain('"templateId"');
    await graphiql.run();
    await graphiql.shows('CREATED');
    await stack.clock.advance(1_000);
    await graphiql.shows('COLLECTING_DATA');
    await stack.clock.advance(2_500);
    await graphiql.shows('STOP_DATA_COLLECTION_PENDING');
    await stack.advanceUntil(graphiql.shows('COMPLETED'));
    expect(await result.innerText()).toContain('"START_DATA_COLLECTION_IN_PROGRESS"');

    await graphiql.stop();
    await expect.poll(() => stack.gateway.isPolling, { timeout: PATIENCE }).toBe(false);
    expect(complaints).toEqual([]);
    const { url, webSocketUrl } = stack.gateway;
    expect([...contacts]).toEqual([new URL(url).origin, new URL(webSocketUrl).origin]);
  },
  3 * PATIENCE,
);

test(
  'where tokens are needed GraphiQL shows nothing of the account, says where a token goes, and sends it with all that it asks',
  async () => {
    const token = 'the-token-of-a-user';
    const authenticator: Authenticator = {
      identify: (shown) => {
        if (shown === token) return ANYBODY;
        throw invalidToken('Nobody has this token.');
      },
      isRevoked: () => false,
    };
    await using stack = await startStack({ authenticator: () => authenticator });
    const html = await (await fetch(stack.gateway.url, { headers: { accept: 'text/html' } })).text();
    expect(html).not.toContain('arn:aws:inspector:us-west-2');
    await using graphiql = await GraphiQL.open(stack.gateway.url);
    const { page, query, result, contacts } = graphiql;
    expect((await query.innerText()).replaceAll('\u00a0', ' ')).toContain('your token');
    expect(stack.requests).toEqual({});

    await graphiql.showToken(token);
    await graphiql.run();
    await result.getByText('"findings"').first().waitFor();

    await page.getByRole('button', { name: 'Re-fetch GraphQL schema' }).click();
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByText('Root Types').waitFor();

    await graphiql.goTo('FollowRuns');
    await graphiql.showToken(token);
    await graphiql.run();
    // The page's template is none: the subscription itself says so.
    await result.getByText('INVALID_ID').or(result.getByText('NOT_FOUND')).first().waitFor();
    expect([...contacts]).toEqual([new URL(stack.gateway.url).origin]);
  },
  2 * PATIENCE,
);
