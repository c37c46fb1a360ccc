// What waits for somebody: an abnormal change is released, another one turned away; and what
// is seldom done with a mapping.

import { approver, awake, expect, ownDemoTest as test, settled, type Demo } from './fixtures';

/** Asks the sandbox's own routes. */
async function sandbox(demo: Demo, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${demo.sandbox}/sandbox${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  expect(answer.ok, `${method} ${path}`).toBe(true);
  return answer;
}

/** How many people a platform holds of an audience. */
async function there(demo: Demo, integration: string, audience: string): Promise<number> {
  const query = new URLSearchParams({ integration, audience });
  return (await (await sandbox(demo, 'GET', `/platform?${query}`)).json()).length;
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('nothing waits, and the page says what would', async ({ page }) => {
      await page.goto('/approvals');
      await expect(page.locator('.answer')).toHaveText('Nothing waits for a decision.');
      await expect(page.getByRole('main')).toContainText('more than 1,000 people, waits here');
    });

    test('a mapping starts when a second person says so', async ({ page, browser, ownDemo }) => {
      test.slow();
      await settled(page, ownDemo);
      const ready = async (one: typeof page) => {
        if (javaScriptEnabled) await awake(one);
      };
      await page.goto('/approvals');
      await ready(page);
      await page.getByRole('button', { name: 'Ask a second person' }).click();
      await expect(page.getByRole('main')).toContainText('What stops one is anybody\'s');

      await page.goto('/mappings/vip-to-meta');
      await ready(page);
      await page.getByRole('button', { name: 'Pause mapping' }).click();
      await expect(page.locator('.page-name')).toContainText('Paused');
      await page.getByRole('button', { name: 'Resume mapping' }).click();
      await expect(page).toHaveURL(/\/approvals#/);
      const own = page.getByRole('row').filter({ hasText: 'vip-to-meta' });
      await expect(own).toContainText('active: false → true');
      await expect(own.getByRole('button')).toHaveText(['Take back']);

      const other = await approver(browser, ownDemo, javaScriptEnabled);
      await other.goto('/approvals');
      await ready(other);
      await expect(other.locator('.answer')).toHaveText('1 change of mappings or suppressions is proposed.');
      if (javaScriptEnabled) {
        for (const key of ['j', 'a', 'Enter']) await other.keyboard.press(key);
      } else {
        await other.getByRole('button', { name: 'Approve' }).click();
      }
      await expect(other.locator('.answer')).toHaveText('Nothing waits for a decision.');
      await page.goto('/mappings/vip-to-meta');
      await expect(page.getByRole('button', { name: 'Pause mapping' })).toBeVisible();

      // A rule that keeps people out is no one person's to take away.
      await page.goto('/suppression/rules/refund-or-support');
      await ready(page);
      await page.getByRole('link', { name: 'See what retiring it would do' }).click();
      await ready(page);
      await page.getByRole('button', { name: /^Retire it/ }).click();
      await expect(page).toHaveURL(/\/approvals#/);
      await page.getByRole('button', { name: 'Take back' }).click();
      await expect(page.locator('.answer')).toHaveText('Nothing waits for a decision.');
      await page.goto('/suppression');
      await expect(page.getByRole('main')).toContainText('refund-or-support');
    });

    test('people are sent again, and a mapping is retired with its exits', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/mappings/vip-to-meta');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'Resync or retire' }).click();
      await expect(page).toHaveURL('/mappings/vip-to-meta/manage');
      await expect(page.locator('.answer')).toContainText(/^[1-9][\d,]*\speople are at Meta/);
      await page.getByLabel('Told since').selectOption('the beginning: everybody who is there');
      await page.getByRole('button', { name: 'Send them again' }).click();
      await expect(page).toHaveURL('/mappings/vip-to-meta');

      await page.goto('/mappings/vip-to-meta/manage');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: /^Send [1-9][\d,]*\sexits and retire$/ }).click();
      await expect(page).toHaveURL('/mappings');
      await expect(page.getByRole('region', { name: 'Mappings', exact: true }).getByRole('rowheader', { name: 'vip-to-meta' })).toHaveCount(0);
      // Everybody leaves, by and by.
      await expect
        .poll(() => there(ownDemo, 'Facebook Custom Audiences', 'vip_buyers'), { timeout: 15_000 })
        .toBe(0);
    });
  });
}

test('an abnormal change waits, is released, and arrives', async ({ page, ownDemo }) => {
  test.slow();
  await settled(page, ownDemo);
  // A segment that no shopper moves.
  const everybody = (await ownDemo.people(3_000)).map((person) => person.cio_id);
  await sandbox(ownDemo, 'POST', '/segments', { id: 90, name: 'Sudden' });
  await sandbox(ownDemo, 'PUT', '/segments/90/members', everybody.slice(0, 10));
  await ownDemo.server.apply(
    '[[audience]]\nkey = "sudden"\nsegment = 90\n[[mapping]]\nkey = "sudden"\naudience = "sudden"\ndestination = "warehouse"\nuse_case = "analytics"\n',
  );
  await expect.poll(() => there(ownDemo, 'Warehouse', 'sudden'), { timeout: 15_000 }).toBe(10);

  await sandbox(ownDemo, 'PUT', '/segments/90/members', everybody);
  await page.goto('/mappings/sudden');
  await awake(page);
  await page.getByRole('button', { name: 'Run now' }).click();
  await expect(page.getByRole('main')).toContainText('Its last change is abnormal and waits for you', { timeout: 15_000 });
  await page.goto('/');
  await awake(page);
  await page.getByRole('link', { name: 'See what is held back, and decide' }).click();
  await expect(page).toHaveURL('/approvals');
  await expect(page.locator('.answer')).toHaveText('1 run holds back an abnormal change.');
  await page.getByRole('button', { name: /^Release 2,990\sentries$/ }).click();
  await expect(page.locator('.answer')).toHaveText('Nothing waits for a decision.');
  await expect.poll(() => there(ownDemo, 'Warehouse', 'sudden'), { timeout: 15_000 }).toBe(3_000);
});
