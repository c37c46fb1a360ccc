// Gates: a mapping that a platform would not use is refused with what to do, goes live for a
// reason, and the reason is shown until somebody withdraws it.

import { awake, expect, forgive, ownDemoTest, settled } from './fixtures';

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a small audience goes live for a reason that is shown and withdrawn', async ({ page, ownDemo, problems }) => {
      // A demo of its own that settles twice, and a dozen pages: too much for a busy machine's half minute.
      ownDemoTest.slow();
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

    ownDemoTest('an audience goes to its second destination after a sign-off of the first', async ({ page, ownDemo, problems }) => {
      ownDemoTest.slow();
      await ownDemo.segment(90, 'Staff', [{ cio_id: 'staff-1', id: 'staff-u-1', email: 'staff1@example.com' }]);
      await ownDemo.server.apply(
        '[[audience]]\nkey = "staff"\nsegment = 90\n' +
          '[[mapping]]\nkey = "staff-to-warehouse"\naudience = "staff"\ndestination = "warehouse"\nuse_case = "analytics"\n' +
          '[[destination]]\nkey = "lake"\nprofile = "plain"\nintegration = "Lake"\n' +
          '[[mapping]]\nkey = "staff-to-lake"\naudience = "staff"\ndestination = "lake"\nuse_case = "analytics"\nactive = false\n',
      );
      await expect(async () => {
        expect((await page.request.get(`${ownDemo.url}/people/staff-1`)).status()).toBe(200);
      }).toPass({ timeout: 60_000 });

      // The second is locked, and says where the key is.
      await page.goto('/mappings/staff-to-lake/checklist');
      if (javaScriptEnabled) await awake(page);
      const gate = page.getByRole('table', { name: 'Gates' }).getByRole('row', { name: /One destination first/ });
      await expect(gate).toContainText('Staff goes to warehouse first, and nobody has signed off its QA there');
      await gate.getByRole('link', { name: 'Its checklist' }).press('Enter');
      await expect(page).toHaveURL('/mappings/staff-to-warehouse/checklist');
      const checklist = page.getByRole('table', { name: 'Checklist' });
      await expect(checklist.locator('tbody tr')).toHaveCount(8);
      await expect(checklist.getByRole('row', { name: /canonical events/ })).toContainText('No contract of events is in force');
      const signOff = page.locator('.section', { has: page.getByRole('heading', { name: 'QA sign-off' }) });
      await expect(signOff).toContainText('No controlled test was sent through it');
      await expect(page.getByRole('button', { name: 'Sign off this mapping' })).toHaveCount(0);

      // Amber is not enough; forwarded is.
      await signOff.getByRole('link', { name: 'See its controlled tests' }).press('Enter');
      await page.getByLabel('Customer.io id, id or e-mail address').fill('staff1@example.com');
      await page.getByRole('button', { name: 'Pin test person' }).press('Enter');
      await page.getByRole('link', { name: 'Preview staff-1' }).press('Enter');
      await page.getByRole('button', { name: 'Send this test to warehouse' }).press('Enter');
      await expect(page.locator('.answer')).toContainText('which proves nothing yet');
      await page.goto('/mappings/staff-to-warehouse/checklist');
      await expect(signOff).toContainText('Its controlled test is amber');
      await expect(async () => {
        await page.goto('/mappings/staff-to-warehouse/test');
        await expect(page.locator('.answer')).toContainText('was forwarded to warehouse', { timeout: 1000 });
      }).toPass({ timeout: 60_000 });

      await page.goto('/mappings/staff-to-warehouse/checklist');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('What was seen').fill(' ');
      await page.getByRole('button', { name: 'Sign off this mapping' }).press('Enter');
      await expect(page.locator('#note-wrong')).toContainText('Say what was seen');
      forgive(problems, '/fn/sign_off_mapping');
      await page.getByLabel('What was seen').fill('The row is in the table');
      await page.getByRole('button', { name: 'Sign off this mapping' }).press('Enter');
      await expect(signOff).toContainText('The row is in the table');
      await expect(signOff).toContainText('Evident then: a controlled test was forwarded');
      await expect(checklist.getByRole('row', { name: /One destination first/ })).toContainText('has signed it off');

      await page.goto('/mappings/staff-to-lake');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Resume mapping' }).press('Enter');
      await expect(page.getByRole('button', { name: 'Pause mapping' })).toBeVisible();

      // Taken back, the line is open again; what runs goes on.
      await page.goto('/mappings/staff-to-warehouse/checklist');
      if (javaScriptEnabled) await awake(page);
      await page.getByRole('button', { name: 'Withdraw the sign-off' }).press('Enter');
      await expect(page.getByRole('button', { name: 'Sign off this mapping' })).toBeVisible();
    });
  });
}
