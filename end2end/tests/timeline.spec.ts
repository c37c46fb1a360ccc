// The timeline: the demo's ads at 2 h run before its SMS at 4 h, until somebody means it or
// holds them.

import { awake, demoTest, expect, forgive, ownDemoTest, settled } from './fixtures';

const competes = 'Ads at 2 h run before the SMS at 4 h (cart-to-meta).';

demoTest('the demo says that its ads run before its SMS', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/mappings');
  await awake(page);
  await page.getByRole('link', { name: 'Timeline', exact: true }).click();
  await expect(page).toHaveURL('/timeline');
  await expect(page.locator('.answer')).toHaveText(competes.replace(/ h/g, '\u00a0h'));
  await expect(page.getByRole('img', { name: 'When messages and ads of cart-recovery come' })).toBeVisible();
  await page.getByText('As a table').click();
  const lines = page.getByRole('region', { name: 'On the axis of cart-recovery' }).locator('tbody tr');
  await expect(lines.locator('th')).toHaveText(['E-mail', 'Ads by cart-to-meta', 'SMS', 'E-mail']);
});

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a conflict is meant for a reason, then held away', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/timeline');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Or it is meant, because').fill('a launch');
      await page.getByRole('button', { name: 'Stack on purpose' }).focus();
      await page.keyboard.press('Enter');
      await expect(page.getByText(/: a launch$/)).toBeVisible();
      await expect(page.locator('.answer')).toContainText('No ad competes with a message');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'It is meant no longer' }).click();
      await expect(page.getByRole('button', { name: /^Hold ads until an hour after/ })).toBeVisible();
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: /^Hold ads until an hour after/ }).focus();
      await page.keyboard.press('Enter');
      await expect(page.locator('.answer')).toContainText('No ad competes with a message');
      await page.goto('/mappings/cart-to-meta');
      await expect(page.getByText('Entries held for')).toBeVisible();
      await page.goto('/mappings/cart-to-meta/edit');
      await expect(page.getByLabel('Hold entries for')).toHaveValue('3h');
    });

    ownDemoTest('a flow is stated, changed and taken off', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/timeline/new');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Key').fill('win-back');
      await page.getByLabel('Audience').selectOption('lapsed-60-120');
      await page.getByLabel('Messages').fill('email 61d\nsms 62d');
      await page.getByRole('button', { name: 'Add flow' }).click();
      await expect(page).toHaveURL('/timeline');
      await expect(page.getByRole('heading', { name: 'Flow win-back' })).toBeVisible();
      await page.goto('/timeline/win-back');
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByLabel('Messages')).toHaveValue(/^email 61d\nsms 62d\s*$/);
      await page.getByRole('button', { name: 'Take the flow off the timeline' }).click();
      await expect(page).toHaveURL('/timeline');
      await expect(page.getByRole('heading', { name: 'Flow win-back' })).toBeHidden();
    });
  });
}

ownDemoTest('what is no message says what one is', async ({ page, ownDemo, problems }) => {
  await settled(page, ownDemo);
  await page.goto('/timeline/cart-recovery');
  await awake(page);
  await page.getByLabel('Messages').fill('fax 1h');
  await page.getByRole('button', { name: 'Save flow' }).click();
  await expect(page.getByText(/is no message: write one of email, sms/)).toBeVisible();
  forgive(problems, '/fn/update_flow');
});
