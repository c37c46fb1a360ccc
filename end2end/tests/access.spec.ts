// Coming in and leaving, in a real browser: its own rules for cookies count here.

import AxeBuilder from '@axe-core/playwright';
import { awake, expect, forgive, signedIn, test } from './fixtures';

const password = 'slow green kettle';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a link signs in once, by a button', async ({ page, context, ownServer }) => {
      // Opening it, as mail scanners do, uses nothing up.
      await page.goto(ownServer.signInLink);
      await page.goto(ownServer.signInLink);
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${ownServer.url}/`);
      await expect(page.locator('.who')).toHaveText('admin@localhost');
      const [cookie] = await context.cookies();
      expect(cookie).toMatchObject({ name: '__Host-segue', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });

      await page.goto(ownServer.signInLink);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toContainText("doesn't work any more");
    });

    test('a password is chosen, refused and taken; signing out ends the session', async ({ page, context, ownServer }) => {
      const printed = await ownServer.command('user', 'add', 'ada@example.com', '--role', 'operator', '--public-url', ownServer.url);
      await page.goto(printed.trim());
      await page.getByLabel('New password').fill('short');
      await page.getByRole('button', { name: 'Set password' }).click();
      await expect(page.getByRole('alert')).toContainText('at least 12 characters');
      await page.getByLabel('New password').fill(password);
      await page.getByRole('button', { name: 'Set password' }).click();
      await page.waitForURL(`${ownServer.url}/`);
      const before = await context.cookies();

      await page.locator('summary').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${ownServer.url}/sign-in`);
      expect(await context.cookies()).toEqual([]);
      // The cookie of before, had somebody copied it.
      await context.addCookies(before);
      await page.goto(`${ownServer.url}/`);
      await expect(page).toHaveURL(`${ownServer.url}/sign-in`);

      await page.goto(`${ownServer.url}/?name=Ada`);
      await expect(page).toHaveURL(`${ownServer.url}/sign-in?next=/%3Fname%3DAda`);
      await page.getByLabel('E-mail').fill('Ada@Example.com');
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toContainText('E-mail or password is wrong');
      await page.getByLabel('E-mail').fill('Ada@Example.com');
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.waitForURL(`${ownServer.url}/?name=Ada`);
      await expect(page.locator('.who')).toHaveText('ada@example.com');
    });
  });
}

test('somebody inside chooses a password and stays in; other browsers are out', async ({ page, browser, ownServer }) => {
  await signedIn(page, ownServer);
  const other = await browser.newContext();
  await other.addCookies(ownServer.cookies!);
  await page.goto(`${ownServer.url}/`);
  await awake(page);
  await page.locator('summary').click();
  await page.getByRole('link', { name: 'Change password' }).click();
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('status')).toContainText('Your password was changed');
  await expect(page.locator('.who')).toHaveText('admin@localhost');
  const there = await other.newPage();
  await there.goto(`${ownServer.url}/`);
  await expect(there).toHaveURL(`${ownServer.url}/sign-in`);
  await other.close();
});

test('the ways in can be used by everybody', async ({ page, ownServer }) => {
  for (const path of ['/sign-in?problem=wrong', '/link?token=x', '/link/password?token=x']) {
    await page.goto(`${ownServer.url}${path}`);
    await awake(page);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
});

test('whoever is locked out is out at the next click', async ({ page, ownServer, problems }) => {
  const printed = await ownServer.command('user', 'add', 'eve@example.com', '--role', 'admin', '--public-url', ownServer.url);
  await page.goto(printed.trim());
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.waitForURL(`${ownServer.url}/`);
  await ownServer.command('user', 'disable', 'eve@example.com');
  await page.reload();
  await expect(page).toHaveURL(`${ownServer.url}/sign-in`);
  // Before the click, the page may have asked what waits.
  forgive(problems, '/fn/read_waiting', 401);
});
