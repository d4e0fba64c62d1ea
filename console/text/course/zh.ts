import type { CourseCatalogue } from './catalogue.ts';

export const courseInChinese: CourseCatalogue = {
  atJob: (job) => `运行现在进行到作业 ${job}`,
  atStep: (step) => `作业现在进行到步骤 ${step}`,
  noJob: (job) => `此运行没有作业 ${job}。这里显示的是另一个作业。`,
  noStep: (job, step) => `作业 ${job} 没有步骤 ${step}。这里显示的是另一个步骤。`,
  saveLog: '保存完整日志',
  logComes: '正在获取日志…',
  labelled: (labels) => `标签：${labels}`,
  bulkOf: (count, total) => `${count} 个，共 ${total} 个`,
  bulkLeft: (count) => `有 ${count} 个运行尚未处理，仍处于选中状态。`,
  bulkWaits: '服务器目前过于繁忙，待其允许后会自动继续。',
  bulkStop: '停止',
  bulkHide: '在后台继续',
  bulkShow: '显示',
  bulkTitle: { cancel: '正在取消', rerun: '正在重新运行' },
};
