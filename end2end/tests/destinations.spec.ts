// A destination's own page: what flows there, and what a change of its fields would do before
// it is saved.

import { awake, demoTest, expect, forgive, ownDemoTest, settled } from './fixtures';

demoTest('the list leads to the page, which begins with what flows there', async ({ page }) => {
  await page.goto('/destinations');
  await awake(page);
  await page.getByRole('rowheader', { name: 'warehouse' }).getByRole('link').click();
  await expect(page).toHaveURL('/destinations/warehouse');
  await expect(page.locator('.answer')).toContainText('The id alone flows to Warehouse.');
  const main = page.getByRole('main');
  await expect(main).toContainText('Id, or Customer.io\'s own id, which everyone has.');
  // The message is complete, and nobody's.
  const message = page.getByRole('group', { name: /Example message: Analytics, by cart-to-warehouse/ });
  await expect(message.first()).toContainText('"cart_abandoners": true');
  await expect(message.first()).toContainText('"Warehouse": true');
  await expect(message).toHaveCount(3);
  await expect(message.last()).toContainText('"event": "Entered Cart Abandoners"');
  await expect(message.first()).not.toContainText('example.com');
});

demoTest('there is no page for what is no destination', async ({ page }) => {
  const answer = await page.goto('/destinations/no-such');
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('main')).toContainText('There is no destination no-such.');
});

for (const javaScriptEnabled of [true, false]) {
  ownDemoTest.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    ownDemoTest.use({ javaScriptEnabled });

    ownDemoTest('a field is told beforehand, allowed, and taken back', async ({ page, ownDemo }) => {
      await settled(page, ownDemo);
      const show = async () => {
        if (!javaScriptEnabled) await page.getByRole('button', { name: 'Preview' }).click();
      };
      await page.goto('/destinations/warehouse');
      if (javaScriptEnabled) await awake(page);
      await page.getByLabel('Allow further fields').fill('ltv, tier');
      await page.getByLabel('Allow further fields').blur();
      await show();
      const main = page.getByRole('main');
      await expect(main).toContainText(
        /ltv and tier would begin to flow to warehouse: about [1-9][\d,]*\speople at most, by 1\smapping\./,
      );
      await expect(main.locator('ins').first()).toContainText('"ltv": "312.50"');
      await expect(main).toContainText('they are told again');
      // Nothing is stored by asking, and what was typed is still there.
      await expect(page.getByLabel('Allow further fields')).toHaveValue('ltv, tier');
      await page.getByRole('button', { name: 'Save fields' }).click();
      await expect(page.locator('.answer')).toContainText('Id, ltv and tier flow to Warehouse.');
      await expect(page.getByRole('heading', { name: 'What saving would do' })).toHaveCount(0);

      await page.getByRole('checkbox', { name: 'tier' }).uncheck();
      await show();
      await expect(main).toContainText('tier would stop flowing to warehouse. What is there already stays there');
      await page.getByRole('button', { name: 'Save fields' }).click();
      await expect(page.locator('.answer')).toContainText('Id and ltv flow to Warehouse.');
    });

    ownDemoTest('what a person is worth there is chosen, and an entry says it', async ({ page, ownDemo, problems }) => {
      await settled(page, ownDemo);
      await page.goto('/destinations/warehouse');
      if (javaScriptEnabled) await awake(page);
      const main = page.getByRole('main');
      await expect(main).toContainText('value = cart_value less 35 % of cart_value, in USD.');
      const entry = page.getByRole('group', { name: /Example message/ }).filter({ hasText: 'Entered Cart Abandoners' });
      await expect(entry).toContainText('"value": 203.12');
      await page.getByLabel('Cost of the goods').fill('120%');
      await page.getByRole('button', { name: 'Save value' }).click();
      await expect(page.locator('#cost-wrong')).toContainText('whole share such as 35%');
      forgive(problems, '/fn/change_value');
      await page.getByLabel('Cost of the goods').fill('40%');
      await page.getByLabel('Discount').fill('cart_discount');
      await page.getByRole('button', { name: 'Save value' }).click();
      await expect(main).toContainText('cart_value less cart_discount less 40 % of cart_value, in USD.');
      await expect(entry).toContainText('"value": 175');
      await expect(page.getByLabel('Cost of the goods')).toHaveValue('40%');
    });

    ownDemoTest('who saves over a change that they have not seen is told so', async ({ page, ownDemo, problems }) => {
      await page.goto('/destinations/warehouse');
      if (javaScriptEnabled) await awake(page);
      await ownDemo.server.apply(
        '[[destination]]\nkey = "warehouse"\nprofile = "warehouse"\nintegration = "Warehouse"\nfields = ["city"]\n',
      );
      await page.getByLabel('Allow further fields').fill('ltv');
      await page.getByRole('button', { name: 'Save fields' }).click();
      await expect(page.getByRole('main')).toContainText('Somebody has changed warehouse meanwhile', {
        ignoreCase: true,
      });
      forgive(problems, '/fn/change_fields', 409);
      await page.goto('/destinations/warehouse');
      await expect(page.locator('.answer')).toContainText('Id and city flow to Warehouse.');
    });
  });
}

ownDemoTest('a field is allowed by keyboard alone', async ({ page }) => {
  await page.goto('/destinations/meta');
  await awake(page);
  await page.getByLabel('Allow further fields').focus();
  await page.keyboard.type('tier');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('main')).toContainText('tier would begin to flow to meta');
  await expect(page.getByRole('button', { name: 'Save fields' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.answer')).toContainText('phone and tier flow to Meta Custom Audiences.');
});
