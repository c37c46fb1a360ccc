// What names the members of each audience: counted, with bands that say what they assume, and an
// alarm where too many can't be found.

import { awake, demoTest, expect, ownDemoTest, settled } from './fixtures';

demoTest('the tab shows what names each audience, and what platforms may find', async ({ page, demo }) => {
  await settled(page, demo);
  await page.goto('/audiences');
  await awake(page);
  await page.getByRole('link', { name: 'Identifier coverage' }).click();
  await expect(page).toHaveURL('/audiences?view=coverage');
  await expect(page.locator('.answer')).toContainText(
    /[1-9][\d,]* of [1-9][\d,]*\smemberships have an e-mail address or a phone number\./,
  );
  const names = page.getByRole('region', { name: 'Members of each audience by what names them' });
  await expect(names.getByRole('row', { name: /cart-abandoners/ })).toContainText('%');
  const finds = page.getByRole('region', { name: 'What each audience comes to at its destinations' });
  await expect(finds.getByRole('row', { name: /vip-buyers meta/ })).toContainText(/\d+ to \d[\d,]* people/);
  await expect(page.getByRole('main')).toContainText('An assumption, not a measurement');
});

ownDemoTest('an audience of people without contact alarms here and on the overview', async ({ page, ownDemo }) => {
  const person = (n: number) => ({ cio_id: `gap-${n}`, id: `gap-u-${n}`, email: n < 3 ? `gap${n}@example.com` : undefined });
  await ownDemo.segment(90, 'Hardly known', Array.from({ length: 10 }, (_, n) => person(n)));
  await ownDemo.server.apply(
    '[[audience]]\nkey = "hardly-known"\nsegment = 90\n[[mapping]]\nkey = "hardly-to-meta"\naudience = "hardly-known"\ndestination = "meta"\nuse_case = "retarget"\n',
  );
  await expect(async () => {
    await page.goto('/');
    const main = page.getByRole('main');
    await expect(main).toContainText('One audience can hardly be matched', { timeout: 1000 });
    await expect(main).toContainText(/7 of 10\smembers \(70\s%\)/, { timeout: 1000 });
  }).toPass({ timeout: 60_000 });
  await awake(page);
  await page.getByRole('link', { name: 'hardly-known' }).first().click();
  await expect(page).toHaveURL(/view=coverage#hardly-known/);
  await expect(page.locator('.answer')).toContainText('In hardly-known');
  const finds = page.getByRole('region', { name: 'What each audience comes to at its destinations' });
  await expect(finds.getByRole('row', { name: /hardly-known meta/ })).toContainText('7 with an id only');
});
