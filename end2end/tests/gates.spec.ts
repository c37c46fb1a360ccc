// Gates: a mapping that a platform would not use is refused with what to do, goes live for a
// reason, and the reason is shown until somebody withdraws it.

import { awake, expect, forgive, ownDemoTest, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a small audience goes live for a reason that is shown and withdrawn', async ({ page, ownDemo, problems }) => {
      await settled(page, ownDemo);
      await ownDemo.segment(90, 'Pilot', [
        { cio_id: 'n1', id: 'ada', email: 'ada@example.com' },
        { cio_id: 'n2', id: 'bob', email: 'bob@example.com' },
      ]);
      // Another mapping reads its members.
      await ownDemo.server.apply(
        '[[audience]]\nkey = "pilot"\nsegment = 90\nwindow = "4h"\n' +
          '[[mapping]]\nkey = "pilot-to-warehouse"\naudience = "pilot"\ndestination = "warehouse"\nuse_case = "analytics"\n',
      );
      await settled(page, ownDemo);

      await page.goto('/mappings/new?audience=pilot&destination=meta');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Key', { exact: true }).fill('pilot-to-meta');
      await page.getByRole('button', { name: 'Add mapping' }).click();
      const wrong = page.locator('#gate_reason-wrong');
      await expect(wrong).toContainText('Meta Custom Audiences uses an audience from 100 people on, and pilot has 2');
      await expect(wrong).toContainText('widen the segment in Customer.io');
      forgive(problems, '/fn/create_mapping');
      await page.getByLabel('Reason to pass a gate').fill('A pilot with the team');
      await page.getByRole('button', { name: 'Add mapping' }).click();
      await expect(page).toHaveURL('/mappings/pilot-to-meta');

      await expect(page.getByRole('main')).toContainText(/It passes 2\sgates for a reason/);
      await page.goto('/mappings?view=matrix');
      const cell = page.getByRole('link', { name: /pilot-to-meta/ });
      await expect(cell).toHaveAttribute('title', /Passes minimum size, by .+: A pilot with the team/);

      // Withdrawn, it runs on; paused, it can't come back by itself.
      await page.goto('/mappings/pilot-to-meta');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('link', { name: 'See its checklist' }).click();
      await expect(page).toHaveURL('/mappings/pilot-to-meta/checklist');
      const size = page.getByRole('row', { name: /Minimum size/ });
      await expect(size).toContainText('A pilot with the team');
      await page.getByRole('button', { name: 'Withdraw the override of minimum size' }).click();
      await expect(page.locator('.answer')).toContainText('It runs, and could not be started again');
      await page.getByRole('link', { name: 'Go to the mapping' }).click();
      await page.getByRole('button', { name: 'Pause mapping' }).click();
      await page.getByRole('button', { name: 'Resume mapping' }).click();
      await expect(page.getByRole('alert')).toContainText('A gate keeps pilot-to-meta from starting');
      forgive(problems, '/fn/resume_mapping');
      await page.goto('/mappings/pilot-to-meta/checklist');
      if (javaScriptEnabled) await awake(page);
      await expect(page.locator('.answer')).toContainText(/It can't be resumed: 1\sgate blocks it/);
      await page.getByLabel('Reason to pass it all the same').fill('The pilot goes on');
      await page.getByRole('button', { name: 'Pass minimum size' }).click();
      await expect(size).toContainText('The pilot goes on');
      await page.getByRole('link', { name: 'Go to the mapping' }).click();
      await page.getByRole('button', { name: 'Resume mapping' }).click();
      await expect(page.getByRole('button', { name: 'Pause mapping' })).toBeVisible();
    });
  });
}
