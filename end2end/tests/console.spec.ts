// The console's forms and pages on a server of its own, with and without JavaScript.

import { awake, expect, forgive, signedIn, test } from './fixtures';

test.beforeEach(async ({ page, ownServer }) => signedIn(page, ownServer));

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a form that is wrong says where and keeps what was typed; corrected, it leads to what it made', async ({ page, ownServer, problems }) => {
      await page.goto(`${ownServer.url}/destinations`);
      await page.getByRole('link', { name: 'Add a destination' }).click();
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Platform').selectOption('meta-custom-audiences');
      await page.getByLabel('Key').fill('Not A Key');
      await page.getByLabel('Name in Segment').fill('Facebook Custom Audiences');
      await page.getByRole('button', { name: 'Add destination' }).click();

      await expect(page.getByLabel('Key')).toHaveAccessibleDescription(/lower-case letters/);
      await expect(page.getByLabel('Key')).toHaveValue('Not A Key');
      await expect(page.getByLabel('Platform')).toHaveValue('meta-custom-audiences');
      await expect(page.getByLabel('Name in Segment')).toHaveValue('Facebook Custom Audiences');
      forgive(problems, '/fn/create_destination');

      await page.getByLabel('Key').fill('meta');
      await page.getByRole('button', { name: 'Add destination' }).click();
      await page.waitForURL(`${ownServer.url}/destinations#meta`);
      await expect(page.getByRole('rowheader', { name: 'meta' })).toBeVisible();
      await expect(page.locator('.answer')).toContainText('1 destination holds');
    });

    test('a key is asked for where nothing is connected, and never comes back', async ({ page, ownServer, problems }) => {
      await page.goto(`${ownServer.url}/`);
      await expect(page.locator('.answer')).toContainText('4 steps are left');
      await page.getByRole('link', { name: 'Connect Customer.io and Segment' }).click();
      await expect(page.locator('.answer')).toHaveText('Customer.io and Segment have no key.');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('App API key').fill('not a key');
      await page.getByRole('button', { name: 'Save and test Customer.io' }).click();
      await expect(page.getByLabel('App API key')).toHaveAccessibleDescription(/visible ASCII/);
      expect(page.url()).not.toContain('not');
      await expect(page.getByLabel('App API key')).toHaveValue('');
      forgive(problems, '/fn/save_customerio');
    });
  });
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(`a key that was saved, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, () => {
    test.use({ javaScriptEnabled });

    test('is gone from its field', async ({ page, ownServer }) => {
      await page.goto(`${ownServer.url}/settings/connections`);
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Write key').fill('a-write-key-of-a-test');
      await page.getByRole('button', { name: 'Save and test Segment' }).click();
      // It is stored now, so its field may stay empty from here on.
      await expect(page.getByLabel('Write key (optional)')).toHaveValue('');
      await expect(page.getByText('Stored encrypted')).toBeVisible();
    });
  });
}

test('what is not there says so with status 404 and a way on', async ({ page, ownServer, problems }) => {
  for (const path of ['/mappings/none', '/runs/none', '/people/none']) {
    const response = await page.goto(ownServer.url + path);
    expect(response?.status(), path).toBe(404);
    await awake(page);
    await expect(page.locator('.answer')).toContainText('There is no');
    await expect(page.getByRole('link', { name: 'Go to the overview' })).toBeVisible();
  }
  expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
  problems.length = 0;
});

test('going from page to page needs no new document', async ({ page, ownServer }) => {
  await page.goto(`${ownServer.url}/`);
  await awake(page);
  await page.evaluate(() => Object.assign(window, { stayed: true }));
  for (const name of ['Audiences', 'Mappings', 'Destinations', 'Suppression', 'People', 'Connections', 'Overview']) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    await expect(page).toHaveTitle(`${name} · Segue`);
    await expect(page.locator('.answer')).toBeVisible();
  }
  expect(await page.evaluate(() => 'stayed' in window)).toBe(true);
});
