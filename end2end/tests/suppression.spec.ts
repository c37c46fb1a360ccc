// The registry: purchase stands first whatever is added, and the policy can be printed.

import { awake, demoTest, expect, ownDemoTest, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a rule is added with its reason and owner, below purchase', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/suppression');
      await expect(page.locator('.answer')).toContainText('Refund is covered by no rule.');
      await page.goto('/suppression/new');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Key', { exact: true }).fill('after-refund');
      await page.getByLabel('Reason', { exact: true }).selectOption('refund');
      await page.getByLabel('Members of an audience').selectOption('refund-or-support');
      await page.getByLabel('Owner').fill('Care team');
      await page.getByRole('button', { name: 'Add suppression' }).click();
      await expect(page).toHaveURL('/suppression');
      const rows = page.getByRole('region', { name: 'Suppressions' }).locator('tbody tr');
      await expect(rows.getByRole('rowheader')).toHaveText(['order-completed', 'purchase', 'after-refund', 'refund-or-support', 'unsubscribed']);
      await expect(rows.nth(2)).toContainText('Care team');
      await expect(page.locator('.answer')).not.toContainText('covered by no rule');
    });
  });
}

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'changing, with JavaScript' : 'changing, without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a rule shows what would change before it changes, and before it goes', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/suppression');
      await page.getByRole('region', { name: 'Suppressions' }).getByRole('link', { name: 'unsubscribed' }).first().click();
      await expect(page).toHaveURL('/suppression/rules/unsubscribed');
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toContainText(/^Unsubscribed keeps [\d,]+\speople out of every mapping/);
      await page.getByLabel('meta', { exact: true }).focus();
      await page.keyboard.press('Space');
      await page.getByLabel('Owner').fill('Care team');
      await page.getByRole('button', { name: 'See what would change' }).click();
      await expect(page).toHaveURL(/what=change/);
      await expect(page.getByRole('heading', { name: 'What would change' })).toBeVisible();
      await expect(page.getByText(/It would keep out the same number/)).toBeVisible();
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: /^Change it and send [\d,]+\sexits? and [\d,]+\sentr(y|ies)$/ }).click();
      await expect(page).toHaveURL('/suppression/rules/unsubscribed');
      await expect(page.locator('.answer')).toContainText('out of mappings to meta');
      await expect(page.getByText('Care team').first()).toBeVisible();

      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'See what retiring it would do' }).click();
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: /^Retire it and send [\d,]+\sentr(y|ies)$/ }).click();
      await expect(page).toHaveURL('/suppression');
      await expect(page.getByRole('region', { name: 'Suppressions' })).not.toContainText('unsubscribed');
    });

    ownDemoTest('what cannot be is said before it is tried', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/suppression/rules/purchase');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('How long at least').fill('soon');
      await page.getByRole('button', { name: 'See what would change' }).click();
      await expect(page.getByText("It can't be changed like this")).toBeVisible();
      await expect(page.getByLabel('How long at least')).toHaveValue('soon');
    });
  });
}

demoTest('the policy is printed without what only a screen needs', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/suppression');
  await awake(page);
  await page.getByRole('link', { name: 'Policy to print' }).click();
  await expect(page).toHaveURL('/suppression/policy');
  await expect(page.locator('.answer')).toContainText(/^As of 20\d\d-\d\d-\d\d, 4\srules keep people out/);
  await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('1. Purchase');
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('navigation', { name: 'Main' })).toBeHidden();
  await expect(page.getByRole('link', { name: 'Go to the suppressions' })).toBeHidden();
  await expect(page.getByRole('heading', { name: 'How it is enforced' })).toBeVisible();
});
