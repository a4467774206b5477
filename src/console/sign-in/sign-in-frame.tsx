import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LanguageButton } from '../app/shell.tsx'
import './sign-in.css'

/** What stands around a form before one is inside. */
export function SignInFrame({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <div className="sign-in">
      <aside className="sign-in-side">
        <div className="brand">
          <img src="/mark.svg" alt="" />
          {t('product')}
        </div>
        <p>{t('signIn.subtitle')}</p>
        <ul>
          <li>{t('signIn.about1')}</li>
          <li>{t('signIn.about2')}</li>
          <li>{t('signIn.about3')}</li>
        </ul>
      </aside>
      <main className="sign-in-main">
        <div className="sign-in-language">
          <LanguageButton />
        </div>
        <div className="sign-in-form">
          <h1>{title}</h1>
          {children}
        </div>
        <div className="sign-in-foot">{t('signIn.foot')}</div>
      </main>
    </div>
  )
}
