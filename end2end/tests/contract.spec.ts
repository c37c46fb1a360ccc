// The contract: one proposes, another approves, and what doesn't come as agreed is kept until
// somebody decides.

import type { Page } from '@playwright/test';
import { approver, awake, expect, forgive, ownDemoTest as test, type Demo } from './fixtures';

async function send(demo: Demo, messageId: string, event: string, properties: object): Promise<number> {
  const sent = await fetch(`${demo.url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: 'sandbox-source-key', event, userId: 'u-1', messageId, properties }),
  });
  return sent.status;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('twelve events are proposed by one and approved by another', async ({ page, browser, ownDemo, problems }) => {
      test.slow();
      const ready = async (page: Page) => {
        if (javaScriptEnabled) await awake(page);
      };
      await page.goto('/contract');
      await ready(page);
      await expect(page.locator('.answer')).toContainText('Nothing is agreed on');
      await page.getByRole('button', { name: 'Begin with twelve events' }).click();
      await expect(page.locator('.answer')).toContainText('12 differences over version 0');
      const change = new URL(page.url()).pathname;
      // One event too many is taken out, and one is added.
      await ready(page);
      await page.getByRole('button', { name: 'Remove Product Added to Wishlist' }).click();
      await expect(page.locator('.answer')).toContainText('11 differences');
      await page.getByRole('link', { name: 'Add an event' }).click();
      await ready(page);
      await page.getByLabel('Name', { exact: true }).fill('Quiz Completed');
      await page.getByLabel('Owner').fill('Growth');
      await page.getByLabel('Properties').fill('score: whole, required\ngoal: cash');
      await page.getByRole('button', { name: 'Add the event' }).click();
      await expect(page.locator('#properties-wrong')).toContainText('Line 2');
      forgive(problems, '/fn/put_change_event');
      await page.getByLabel('Properties').fill('score: whole, required\ngoal: text, one of sleep | focus');
      await page.getByRole('button', { name: 'Add the event' }).click();
      await expect(page.locator('.answer')).toContainText('12 differences');
      await expect(page).toHaveURL(change);
      await ready(page);
      await page.getByRole('button', { name: 'Ask for approval' }).click();
      await expect(page.getByRole('main')).toContainText('Somebody else approves it');
      await expect(page.getByRole('button', { name: 'Approve', exact: true })).toHaveCount(0);

      const other = await approver(browser, ownDemo, javaScriptEnabled);
      await page.getByLabel('Say something to it').fill('The names are those of the shop');
      await page.getByRole('button', { name: 'Say it' }).click();
      await expect(page.getByRole('list').filter({ hasText: 'The names are those' })).toContainText('The names are those of the shop');
      // Whoever may decide sees from any page that something waits; its author doesn't.
      await other.goto('/mappings');
      await ready(other);
      if (javaScriptEnabled) {
        await expect(other.getByRole('link', { name: '1 decision waiting' })).toBeVisible();
        await expect(page.getByRole('link', { name: /decision.* waiting/ })).toHaveCount(0);
      }
      // They ask for a change first: it is the author's again.
      await other.goto(change);
      await ready(other);
      await other.getByRole('button', { name: 'Ask for changes' }).click();
      await expect(other.locator('#note-wrong')).toContainText('Write what you have to say');
      await other.getByLabel('What you say to it').fill('Who owns the quiz?');
      await other.getByRole('button', { name: 'Ask for changes' }).click();
      await expect(other.locator('.answer')).toContainText('Draft by');
      await page.goto(change);
      await ready(page);
      await expect(page.getByRole('main')).toContainText('Who owns the quiz?');
      await page.getByRole('button', { name: 'Ask for approval' }).click();
      await expect(page.getByRole('main')).toContainText('Somebody else approves it');

      await other.goto('/approvals');
      await ready(other);
      await expect(other.locator('.answer')).toContainText('1 change of the contract is proposed');
      const waiting = other.getByRole('link', { name: 'The first twelve events' });
      if (javaScriptEnabled) {
        await other.keyboard.press('j');
        await expect(waiting).toBeFocused();
        await other.keyboard.press('Enter');
      } else {
        await waiting.click();
      }
      await expect(other).toHaveURL(change);
      await ready(other);
      const approve = other.getByRole('button', { name: 'Approve', exact: true });
      await other.getByLabel('What you say to it').fill('As we said: a');
      if (javaScriptEnabled) {
        // What is typed is no command.
        await expect(other.getByLabel('What you say to it')).toBeFocused();
        await other.keyboard.press('a');
        await expect(other.getByLabel('What you say to it')).toHaveValue('As we said: aa');
        await other.getByLabel('What you say to it').evaluate((field: HTMLElement) => field.blur());
        await other.keyboard.press('r');
        await expect(other.getByRole('button', { name: 'Turn it away' })).toBeFocused();
        await other.keyboard.press('a');
      } else {
        await other.keyboard.press('Tab');
      }
      await expect(approve).toBeFocused();
      await other.keyboard.press('Enter');
      await expect(other.getByRole('main')).toContainText('Approved by ben@example.com');
      await expect(other.getByRole('main')).toContainText('As we said');

      await page.goto('/contract');
      await expect(page.locator('.answer')).toContainText('12 events are agreed on, by version 1.');
      await expect(page.getByRole('table', { name: 'Events of the contract' })).toContainText('Quiz Completed');

      const schema = await (await page.request.get('/contract/schema.json')).json();
      expect(Object.keys(schema.$defs)).toHaveLength(12);

      // The version counts within a second everywhere.
      await expect(async () => {
        expect(await send(ownDemo, `odd-${Date.now()}`, 'Quiz Complete', { score: 3 })).toBe(200);
        await other.goto('/contract/quarantine');
        await expect(other.getByRole('rowheader', { name: 'Quiz Complete' })).toBeVisible({ timeout: 500 });
      }).toPass();
      expect(await send(ownDemo, 'odd-score', 'Quiz Completed', { score: 'three' })).toBe(200);
      await other.goto('/contract/quarantine');
      await ready(other);
      const row = other.getByRole('row').filter({ hasText: 'score: expected' });
      await expect(row).toContainText('a whole number');
      if (javaScriptEnabled) {
        await row.getByText('As they came').click();
        await expect(row).toContainText('"score": "three"');
      }
      // Found by what it says; a group is shown whole.
      await other.getByLabel('A name, what is wrong, or anything that an event says').fill('odd-score');
      await other.getByRole('button', { name: 'Find events' }).click();
      await expect(other.locator('.answer')).toContainText(/1.group has events with odd-score/);
      await other.getByRole('link', { name: 'Show all' }).click();
      await expect(other).toHaveURL('/contract/quarantine');
      // It suggests a change; as the score is a number to all others, there is none to suggest.
      await page.goto('/contract/quarantine');
      await ready(page);
      await page.getByRole('button', { name: /^Propose .* of Quiz Completed$/ }).click();
      await expect(page.getByRole('alert')).toContainText('A property is of one kind');
      forgive(problems, '/fn/propose_group', 409);
      await page.getByRole('button', { name: /^Propose .* of Quiz Complete$/ }).click();
      await expect(page.locator('.answer')).toContainText('1 difference over version 1: whatever passed still passes');
      const past = page.getByRole('table', { name: 'The events of the last seven days under the change' });
      await expect(past.getByRole('row').filter({ hasText: 'Quiz Complete' })).toBeVisible();
      // Names in the last seven days: one is another's.
      expect(await send(ownDemo, 'alias-1', 'quiz_completed', { score: 4 })).toBe(200);
      await page.goto('/contract/names');
      await ready(page);
      await expect(page.getByRole('row').filter({ hasText: 'quiz_completed' }).first()).toContainText('Quiz Completed');
      await page.getByRole('button', { name: 'Propose quiz_completed as an alias of Quiz Completed' }).click();
      await expect(page.getByRole('table', { name: 'What the change does' })).toContainText('quiz_completed');

      await other.goto('/contract/quarantine');
      await ready(other);
      await other.getByRole('button', { name: /^Release 1.event of Quiz Completed$/ }).click();
      await expect(other.getByRole('rowheader', { name: 'Quiz Completed', exact: true })).toHaveCount(0);
      await other.getByRole('button', { name: /^Discard .* of quiz_completed$/ }).click();
      await expect(other.getByRole('rowheader', { name: 'quiz_completed' })).toHaveCount(0);
      await other.getByRole('button', { name: /^Discard .* of Quiz Complete$/ }).click();
      await expect(other.locator('.answer')).toContainText('Every event came as agreed.');
      // A tracking plan of Segment's begins a draft; what has no place is said.
      const plan = { data: { rules: [{ type: 'TRACK', key: 'Cart Shared', version: 1, jsonSchema: { properties: { properties: { properties: {
        channel: { type: 'string', enum: ['mail', 'link'] }, anything: {},
      } } } } }] } };
      await page.goto('/contract');
      await page.getByLabel('Rules of the plan').setInputFiles({ name: 'plan.json', mimeType: 'application/json', buffer: Buffer.from('{') });
      await page.getByRole('button', { name: 'Begin a draft from it' }).click();
      await expect(page.getByRole('alert')).toContainText('The file is no JSON from line 1');
      await page.getByLabel('Rules of the plan').setInputFiles({ name: 'plan.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(plan)) });
      await page.getByRole('button', { name: 'Begin a draft from it' }).click();
      await expect(page.getByRole('table', { name: 'What the change does' })).toContainText('Cart Shared');
      await expect(page.getByRole('main')).toContainText('Cart Shared: anything: of no kind');

      await page.goto('/settings/audit');
      const trail = page.getByRole('table');
      await expect(trail.getByRole('row').filter({ hasText: 'approve' }).filter({ hasText: /change [0-9a-f]{8}-/ })).toContainText('ben@example.com');
      await expect(trail.getByRole('row').filter({ hasText: 'discard' }).first()).toContainText('quarantine Quiz Complete');
      await other.context().close();
    });
  });
}

test('what a destination reads, a rename, and an event that goes nowhere', async ({ page, browser, ownDemo }) => {
  test.slow();
  const other = await approver(browser, ownDemo, true);
  const approve = async (title: string) => {
    await page.getByLabel('What it is for').fill(title);
    await page.getByRole('button', { name: 'Ask for approval' }).click();
    await expect(page.getByRole('main')).toContainText('Somebody else approves it');
    await approveOpen();
  };
  const approveOpen = async () => {
    await other.goto(new URL(page.url()).pathname);
    await awake(other);
    await other.getByRole('button', { name: 'Approve', exact: true }).click();
    await expect(other.getByRole('main')).toContainText('Approved by ben@example.com');
  };
  const editing = async (name: string) => {
    await awake(page);
    await page.getByRole('link', { name, exact: true }).click();
    await awake(page);
  };

  // An event that Meta reads.
  await page.goto('/contract');
  await awake(page);
  await page.getByRole('button', { name: 'Begin with none' }).click();
  await awake(page);
  await page.getByRole('link', { name: 'Add an event' }).click();
  await awake(page);
  await page.getByLabel('Name', { exact: true }).fill('Quiz Done');
  await page.getByLabel('Read by').fill('meta, weekly report');
  await page.getByLabel('Properties').fill('score: whole');
  await page.getByRole('button', { name: 'Add the event' }).click();
  const concerned = page.getByRole('table', { name: 'What uses the events that are changed' });
  await expect(concerned).toContainText('meta begins to hear score.');
  await approve('One event');
  await page.goto('/destinations/meta');
  const heard = page.getByRole('table', { name: 'Events that this destination reads' });
  await expect(heard.getByRole('row').filter({ hasText: 'Quiz Done' })).toContainText('score');

  // Another name, and one property more.
  await page.goto('/contract');
  await awake(page);
  await page.getByRole('button', { name: 'Propose a change' }).click();
  await editing('Quiz Done');
  await page.getByLabel('Name', { exact: true }).fill('Quiz Completed');
  await page.getByLabel('Properties').fill('score: whole\nemail: text, identifier');
  await page.getByRole('button', { name: 'Save the event' }).click();
  await expect(concerned).toContainText('meta begins to hear email (identifier).');
  await expect(page.getByRole('table', { name: 'What the change does' })).toContainText('an event with 2 properties');
  await approve('A better name');
  await page.goto('/destinations/meta');
  await expect(heard.getByRole('row').filter({ hasText: 'Quiz Completed' })).toContainText('email');
  await page.goto('/contract');
  const row = page.getByRole('table', { name: 'Events of the contract' }).getByRole('row').filter({ hasText: 'Quiz Completed' });
  await expect(row).toContainText(/Also sent as Quiz Done until \d{4}-\d\d-\d\d: 30.days left\./);
  await expect(page.getByRole('main')).toContainText('1 event renamed');

  // What comes in under the former name goes out under both.
  await expect(async () => {
    const id = `quiz-${Date.now()}`;
    expect(await send(ownDemo, id, 'Quiz Done', { score: 3 })).toBe(200);
    await other.goto('/live?name=Quiz');
    await expect(other.getByRole('main')).toContainText('Quiz Completed', { timeout: 500 });
  }).toPass();

  // Nobody reads it any more: it is stopped, if somebody else agrees.
  await awake(page);
  await page.getByRole('button', { name: 'Propose a change' }).click();
  await editing('Quiz Completed');
  await page.getByLabel('Read by').fill('');
  await page.getByRole('button', { name: 'Save the event' }).click();
  await expect(concerned).toContainText('meta ceases to hear');
  await approve('Nobody reads it');
  await page.goto('/contract/noise');
  await awake(page);
  await expect(page.locator('.answer')).toContainText(/nobody reads 1/);
  await page.getByRole('button', { name: 'Stop it: ask for approval for Quiz Completed' }).click();
  await expect(page.getByRole('table', { name: 'What the change does' })).toContainText('nowhere');
  await approveOpen();
  await page.goto('/contract');
  await expect(row).toContainText('Goes nowhere');
  await other.context().close();
});
