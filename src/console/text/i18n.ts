import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { en } from './en.ts'
import { zh } from './zh.ts'

export type Language = 'zh' | 'en'

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof zh }
  }
}

const remembered = 'suifang.language'

function firstLanguage(): Language {
  const chosen = localStorage.getItem(remembered) ?? navigator.language
  return chosen.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

export const i18n = i18next

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: firstLanguage(),
    resources: { zh: { translation: zh }, en: { translation: en } },
    interpolation: { escapeValue: false },
  })
  document.documentElement.lang = languageTag(currentLanguage())
}

export function currentLanguage(): Language {
  return i18next.language === 'en' ? 'en' : 'zh'
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(remembered, language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = languageTag(language)
}

export function languageTag(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en'
}
