// Finding a person by whatever is known of them, and where they stand.

import { awake, demoTest as test, expect, settled } from './fixtures';

test('a person is found by each identifier, and the page tells where they stand', async ({ page, demo }) => {
  await settled(page, demo);
  // Whoever is at a destination: the newest entries of the list tell no names, so ask.
  const known = (await demo.people(500)).filter((person) => person.email && person.id);
  await page.goto('/people');
  await awake(page);
  await expect(page.locator('.answer')).toHaveText('Find somebody to see where they stand, and why.');
  const find = page.getByLabel('Customer.io id, id or e-mail address');
  const found = page.getByRole('region', { name: 'People' }).getByRole('link');

  // The first of the store whom an audience holds.
  let person = known[0];
  for (person of known) {
    await page.goto(`/people?find=${encodeURIComponent(person.email!)}`);
    if (await found.count()) break;
  }
  await awake(page);
  for (const word of [person.email!, person.cio_id, person.id!, person.email!.toUpperCase()]) {
    await find.fill(word);
    await page.getByRole('button', { name: 'Find person' }).click();
    await expect(page.locator('.answer')).toHaveText(`One person is known as ${word}.`);
    await expect(found).toHaveText(person.cio_id);
  }
  await found.click();
  await expect(page).toHaveURL(new RegExp(`/people/${person.cio_id}$`));
  await expect(page.locator('.answer')).toHaveText(/^In (no audience|\d\saudiences?) and at (the destinations of (\d|all \d)( of 6)?|no destination of 6) mappings[.;]/);
  const standing = page.getByRole('region', { name: 'Where the person stands' }).locator('tbody tr');
  await expect(standing).toHaveCount(6);
  // What the sentence says is what the table says.
  const states = (await standing.locator('td:nth-child(4)').allInnerTexts()).map((text) => text.trim());
  const there = states.filter((state) => /^There\b/.test(state)).length;
  const words = { 0: 'at no destination of 6 mappings', 6: 'at the destinations of all 6 mappings' }[there];
  await expect(page.locator('.answer')).toContainText(words ?? `at the destinations of ${there} of 6 mappings`);
  for (const [at, state] of states.entries()) {
    if (state !== 'Withheld') continue;
    await expect(standing.nth(at).locator('td').last()).not.toHaveText('–no reason');
  }
  // Each message has its batch, its answer and the id that Segment knows.
  const sent = page.getByRole('region', { name: 'What was sent' }).locator('tbody tr');
  for (const cell of await sent.locator('td:nth-child(5)').allInnerTexts()) expect(cell).toMatch(/^[\d,]+\s(person|people)$/);
});

test('nobody found says why', async ({ page }) => {
  await page.goto('/people?find=nobody%40example.com');
  await awake(page);
  await expect(page.locator('.answer')).toHaveText('Nobody in any audience is known as nobody@example.com.');
  await expect(page.getByText('a part of an address finds nobody')).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a person is found by a plain form', async ({ page, demo }) => {
    const person = (await demo.people(1))[0];
    await page.goto('/people');
    await page.getByLabel('Customer.io id, id or e-mail address').fill(person.cio_id);
    await page.getByRole('button', { name: 'Find person' }).click();
    await expect(page).toHaveURL(`/people?find=${person.cio_id}`);
    await expect(page.locator('.answer')).toContainText(`known as ${person.cio_id}.`);
  });
});
