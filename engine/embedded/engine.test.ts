import { describeEngine } from '../contract/engine-contract.ts';
import { describeGroups } from '../contract/groups-contract.ts';
import { describeInspection } from '../contract/inspection-contract.ts';
import { describeLanguage } from '../contract/language-contract.ts';
import { describeOperations } from '../contract/operations-contract.ts';
import { describeReadings } from '../contract/readings-contract.ts';
import { describeRerun } from '../contract/rerun-contract.ts';
import { describeResume } from '../contract/resume-contract.ts';
import { embeddedDriver } from './testing/driver.ts';

describeEngine('embedded', embeddedDriver);
describeGroups('embedded', embeddedDriver);
describeInspection('embedded', embeddedDriver);
describeLanguage('embedded', embeddedDriver);
describeOperations('embedded', embeddedDriver);
describeReadings('embedded', embeddedDriver);
describeRerun('embedded', embeddedDriver);
describeResume('embedded', embeddedDriver);
