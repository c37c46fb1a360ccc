// The order of a group: proposed by links, arrow keys and dragging, weighed before it is saved,
// and refused where somebody else has changed it.

import { type Page } from '@playwright/test';
import { awake, demoTest, expect, forgive, ownDemoTest, settled } from './fixtures';

/** The group's audiences, in the order shown. */
const order = (page: Page) => page.locator('#recovery .ranks strong').allTextContents();

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('an order is weighed, saved and refused where it is stale', async ({ page, ownDemo, problems }) => {
      await settled(page, ownDemo);
      await page.goto('/mappings');
      await page.getByRole('link', { name: 'Exclusivity' }).click();
      await expect(page).toHaveURL('/exclusivity');
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toContainText(/1\sgroup keeps [\d,]+\speople out of a second audience/);
      expect(await order(page)).toEqual(['cart-abandoners', 'browsed']);

      await page.getByRole('link', { name: 'Move down: cart-abandoners' }).click();
      await expect.poll(() => order(page)).toEqual(['browsed', 'cart-abandoners']);
      await expect(page.getByRole('heading', { name: 'What this order would do' })).toBeVisible();
      await expect(page.locator('.proposed')).toContainText(/browsed-to-meta|Nobody would move/);
      await page.getByRole('link', { name: 'Keep the order as it is' }).click();
      await expect.poll(() => order(page)).toEqual(['cart-abandoners', 'browsed']);
      await expect(page.locator('.proposed')).toHaveCount(0);

      // Somebody else changes it meanwhile.
      await page.getByRole('link', { name: 'Move up: browsed' }).click();
      await expect(page.locator('.proposed')).toBeVisible();
      const file = (priority: number) =>
        '[[mapping]]\nkey = "browsed-to-meta"\naudience = "browsed"\ndestination = "meta"\nuse_case = "retarget"\n' +
        `exclusivity_group = "recovery"\npriority = ${priority}\nevery = "20s"\n`;
      await ownDemo.server.apply(file(30));
      await page.getByRole('button', { name: 'Save this order' }).click();
      await expect(page.getByRole('alert')).toContainText('has changed since you looked');
      forgive(problems, '/fn/save_order', 409);
      await page.goto('/exclusivity?group=recovery&order=browsed,cart-abandoners');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Save this order' }).click();
      await expect(page).toHaveURL(/\/exclusivity#recovery$/);
      await expect.poll(() => order(page)).toEqual(['browsed', 'cart-abandoners']);
      await page.goto('/mappings/browsed-to-meta');
      await expect(page.locator('.facts')).toContainText('recovery, priority 10');
    });
  });
}

demoTest('the arrow keys move an audience, and the handle keeps the focus', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/exclusivity');
  await awake(page);
  const handle = page.getByRole('button', { name: /^browsed, place/ });
  await handle.focus();
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => order(page)).toEqual(['browsed', 'cart-abandoners']);
  await expect(handle).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => order(page)).toEqual(['browsed', 'cart-abandoners']);
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => order(page)).toEqual(['cart-abandoners', 'browsed']);
  await expect(page.locator('.proposed')).toHaveCount(0);
});

demoTest('an audience is dragged to its place', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/exclusivity');
  await awake(page);
  const rows = page.locator('#recovery .ranks li');
  await rows.nth(1).dragTo(rows.nth(0));
  await expect.poll(() => order(page)).toEqual(['browsed', 'cart-abandoners']);
  await expect(page.locator('.proposed')).toBeVisible();
});
