import { expect, test } from 'vitest';
// @ts-expect-error a script without types
import { picture } from '../../scripts/heal-picture.mjs';

const DEMO = `Each line is a key in etcd over time, 200 ms a sign, TTL 2 s:
  # there and right   . missing   x wrong (value, or on no lease)   ? etcd itself does not answer
  ! the fault comes   ^ its cause is gone

1/2  somebody deletes the key
                       !
  etcd-registrar  #####.####################  right again 94 ms after
  plain poll      #####.....################  right again 858 ms after

2/2  somebody writes <another> value & more
                      !^
  etcd-registrar  #####xx########################  right again 212 ms after
  plain poll      #####xxxxxxxxxxxxxxxxxxxxxxxxxx  NOT BACK: started again by hand

In all
  etcd-registrar  2 of 2 came back, 0.3 s missing or wrong, 1 lease in etcd at the end
  plain poll      1 of 2 came back, 5.9 s missing or wrong, 0 leases in etcd at the end
`;

test('the demo’s time lines become bars, its words labels', () => {
	const svg: string = picture(DEMO);
	const count = (pattern: RegExp) => svg.match(pattern)?.length ?? 0;
	// Two bars of the legend aside: two lanes of three runs in the first chapter, three and two in the second.
	expect(count(/<rect class="right"/g)).toBe(1 + 4 + 3);
	expect(count(/<rect class="absent"/g)).toBe(1 + 2);
	expect(count(/<rect class="wrong"/g)).toBe(1 + 2);
	expect(count(/<line class="fault"/g)).toBe(1 + 2);
	expect(count(/<line class="ended"/g)).toBe(1 + 1);
	expect(svg).toContain('2. somebody writes &lt;another> value &amp; more');
	expect(svg).toContain('not back');
	expect(svg).toContain(
		'etcd-registrar: 2 of 2 came back, 0.3 s missing or wrong, 1 lease in etcd at the end',
	);
});

test('what is no output of the demo is refused', () => {
	expect(() => picture('nothing')).toThrow('expected the output of test/demo/main.mjs');
});
