// Lists: a file is looked at before it holds; one person is kept out and let back in.

import { awake, expect, forgive, ownDemoTest as test, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('people are kept out by a file, and taken off again', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      await page.goto('/suppression/new');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Key', { exact: true }).fill('staff');
      await page.getByLabel('Reason', { exact: true }).selectOption('other');
      await page.getByLabel('Another reason').fill('staff');
      await page.getByLabel('How long at least').fill('');
      await page.getByLabel('Or a list that you keep here').check();
      await page.getByLabel('meta', { exact: true }).check();
      await page.getByRole('button', { name: 'Add suppression' }).click();
      await expect(page).toHaveURL('/suppression');
      const row = page.getByRole('row', { name: /^staff/ });
      await expect(row).toContainText('until taken off');
      await expect(row).toContainText('meta');

      await row.getByRole('link', { name: 'its list' }).click();
      await expect(page).toHaveURL('/suppression/lists/staff');
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toHaveText('The list keeps nobody out.');
      const known = (await ownDemo.people(40)).filter((person) => person.email);
      const lines = ['email', ...known.slice(0, 9).map((person) => person.email), 'later@example.com', 'nobody'];
      await page.getByLabel('Or a file').setInputFiles({
        name: 'staff.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')),
      });
      await page.getByRole('button', { name: 'Look at the file' }).click();
      await expect(page.locator('.answer')).toContainText(/^10\snames: \d\speople known, \d+ not yet/);
      if (javaScriptEnabled) await awake(page);
      await expect(page.getByRole('region', { name: 'Lines that could not be read' })).toContainText('Is no e-mail address');
      await page.getByRole('button', { name: /^Keep \d\speople out$/ }).click();
      await expect(page).toHaveURL('/suppression/lists/staff');
      const listing = page.getByRole('row', { name: /staff\.csv/ });
      await expect(listing).toContainText('Keeps out');
      await listing.getByRole('link').click();
      await expect(page.locator('.answer')).toContainText(/^It keeps \d\speople out/);
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: /^Take \d\speople off the list$/ }).click();
      await expect(page).toHaveURL('/suppression/lists/staff');
      await expect(page.locator('.answer')).toHaveText('The list keeps nobody out.');
      await expect(page.getByRole('row', { name: /staff\.csv/ })).toContainText('Taken off');
    });

    test('one person is kept out and leaves, and comes back', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      // Somebody who is at a destination: only such a page says that exits are sent.
      for (const person of await ownDemo.people(400)) {
        await page.goto(`/people/${person.cio_id}`);
        if (await page.getByText(/exits? (is|are) sent at once/).count()) break;
      }
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Why').fill('asked by phone');
      await page.getByRole('button', { name: 'Stop targeting this person' }).focus();
      await page.keyboard.press('Enter');
      const kept = page.getByRole('region', { name: 'What keeps the person out' });
      await expect(kept).toContainText('asked by phone');
      await expect(kept).toContainText('Until somebody takes them off');
      const standing = page.getByRole('region', { name: 'Where the person stands' });
      // Retarget and lookalike: nobody who is suppressed stays there.
      await expect(async () => {
        await page.reload();
        const rows = await standing.locator('tbody tr').allInnerTexts();
        const addressed = rows.filter((text) => /Retarget|Lookalike/i.test(text));
        expect(addressed.length).toBeGreaterThan(0);
        for (const text of addressed) expect(text).not.toMatch(/\tThere\b/);
        expect(addressed.join()).toContain('Do-not-target keeps them out');
      }).toPass({ timeout: 30_000 });
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Take the person off every list' }).click();
      await expect(page.getByRole('button', { name: 'Stop targeting this person' })).toBeVisible();
      await expect(kept).toBeHidden();
    });
  });
}

test('names that cannot be read come back with why', async ({ page, ownDemo, problems }) => {
  await settled(page, ownDemo);
  await ownDemo.server.apply('[[suppression]]\nkey = "staff"\nreason = "staff"\nlist = true\n');
  await page.goto('/suppression/lists/staff');
  await awake(page);
  await page.getByLabel('Names', { exact: true }).fill('email\nnobody');
  await page.getByRole('button', { name: 'Look at these names' }).click();
  await expect(page.getByText('No line names anybody: line 2 is no e-mail address')).toBeVisible();
  await expect(page.getByLabel('Names', { exact: true })).toHaveValue('email\nnobody');
  forgive(problems, '/fn/add_names');
});
