import { describeEngine } from '../contract/engine-contract.ts';
import { describeResume } from '../contract/resume-contract.ts';
import { embeddedDriver } from './testing/driver.ts';

describeEngine('embedded', embeddedDriver);
describeResume('embedded', embeddedDriver);
