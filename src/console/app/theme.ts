import type { ThemeConfig } from 'antd'

/** Colours by what they mean. Text on white keeps a contrast of at least 4.5 : 1. */
export const colors = {
  ink: '#12252e',
  muted: '#5a6d77',
  line: '#e1e8ec',
  canvas: '#f2f5f7',
  brand: '#0b6b7d',
  brandDark: '#0c2a35',
  good: '#1d8255',
  goodSoft: '#7ab893',
  busy: '#2d6fb3',
  wait: '#a9b8c0',
  retry: '#b7791f',
  bad: '#bf3f3f',
  off: '#6c7b84',
} as const

const systemFonts =
  'system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif'

export const theme: ThemeConfig = {
  token: {
    colorPrimary: colors.brand,
    colorInfo: colors.brand,
    colorPrimaryBg: '#e7f3f5',
    colorPrimaryBgHover: '#d6eaed',
    colorInfoBg: '#e7f3f5',
    colorInfoBorder: '#b5d8de',
    colorSuccess: colors.good,
    colorSuccessBg: '#e8f4ee',
    colorSuccessBorder: '#b3d9c5',
    colorWarning: colors.retry,
    colorError: colors.bad,
    colorText: colors.ink,
    colorTextSecondary: colors.muted,
    colorBgLayout: colors.canvas,
    colorBorderSecondary: colors.line,
    borderRadius: 6,
    fontFamily: systemFonts,
    fontSize: 14,
    motionDurationMid: '0.12s',
    motionDurationSlow: '0.18s',
  },
  components: {
    Layout: { headerBg: '#ffffff', headerHeight: 52, headerPadding: '0 20px', siderBg: colors.brandDark },
    Menu: {
      darkItemBg: colors.brandDark,
      darkItemSelectedBg: colors.brand,
      darkItemColor: '#c9d8de',
      // Low enough for every page of an administrator to stand on a screen of 768 lines.
      itemHeight: 32,
      itemMarginBlock: 1,
      groupTitleFontSize: 12,
      groupTitleLineHeight: '14px',
      darkGroupTitleColor: '#9db1b9',
    },
    Card: { headerHeight: 46, bodyPadding: 16, headerPadding: 16 },
    Table: { headerBg: '#f6f9fa', headerColor: colors.muted, cellPaddingBlockMD: 9, cellPaddingInlineMD: 12 },
  },
}
