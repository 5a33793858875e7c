/// The appearance of a report on paper and on light, dark, wide and narrow screens.
enum PageStyle {
  static let rules = """
    :root{color-scheme:light dark;--paper:\(Ink.paper.light);--text:\(Ink.text.light);--faint:\(Ink.faint.light);\
    --rule:\(Ink.grid.light);--panel:#f5f7f9;--accent:\(Ink.blue.light);--warning:#8a5a00;--warning-panel:#fff6e0}
    @media screen and (prefers-color-scheme:dark){:root{--paper:\(Ink.paper.dark);--text:\(Ink.text.dark);\
    --faint:\(Ink.faint.dark);--rule:\(Ink.grid.dark);--panel:#1d2228;--accent:\(Ink.blue.dark);--warning:#f2c14e;\
    --warning-panel:#2e2715}}
    *{box-sizing:border-box}
    body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:70rem;background:var(--paper);color:var(--text);\
    font:1rem/1.5 \(TextMetrics.family)}
    h1,h2,h3{line-height:1.2;overflow-wrap:anywhere;break-after:avoid}
    h1{font-size:1.9rem;margin:0 0 .3rem}
    h2{font-size:1.4rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--rule)}
    h3{font-size:1.1rem;margin:1.6rem 0 .5rem}
    p{max-width:46rem;margin:.6rem 0;overflow-wrap:anywhere}
    a{color:var(--accent)}
    .origin,figcaption,.note,small{color:var(--faint)}
    .note,.origin{font-size:.9rem}
    nav ul{margin:.4rem 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem}
    .verdict{border-left:4px solid var(--accent);background:var(--panel);padding:.6rem 1rem;margin:1rem 0;max-width:48rem}
    .verdict h3{margin:.7rem 0 .2rem;font-size:1rem}.verdict p{margin:.2rem 0}
    .warnings{border-left:4px solid var(--warning);background:var(--warning-panel);padding:.6rem 1rem;margin:1rem 0;\
    max-width:48rem}
    .warnings h2,.verdict h2{font-size:1.05rem;margin:.2rem 0;padding:0;border:0}
    .warnings ul{margin:.3rem 0;padding-left:1.2rem}
    .warnings li{overflow-wrap:anywhere;margin:.3rem 0}
    .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:1.6rem 2rem;\
    align-items:start;margin:1rem 0}
    figure{margin:0;break-inside:avoid;min-width:0;max-width:38rem}
    figure svg{display:block;width:100%;height:auto}
    figcaption{font-size:.85rem;line-height:1.4;margin-top:.5rem;overflow-wrap:anywhere}
    figcaption b{color:var(--text);font-weight:600}
    .scroll{overflow-x:auto;margin:.8rem 0;max-width:100%}
    table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
    th,td{padding:.3rem .45rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule)}
    th:first-child,td:first-child{text-align:left;padding-left:0}
    thead th{font-weight:600;border-bottom:2px solid var(--rule);white-space:nowrap}
    tbody th{font-weight:400;white-space:nowrap}
    td small,th small{display:block;font-size:.78rem;white-space:nowrap}
    .left td,.left th{text-align:left;padding-left:0}
    .clear{font-weight:600}
    details{margin:.8rem 0}
    summary{cursor:pointer;color:var(--accent)}
    code{font:.85em ui-monospace,'DejaVu Sans Mono',monospace;overflow-wrap:anywhere}
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.2rem;font-size:.9rem}
    dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
    dl{max-width:60rem}details ul,details ol{margin:.4rem 0;padding-left:1.6rem;font-size:.9rem}details li{overflow-wrap:anywhere}
    @media (max-width:40rem){body{padding:1rem .8rem 3rem}h1{font-size:1.5rem}dl{grid-template-columns:1fr;gap:.1rem}\
    dd{margin-bottom:.5rem}}
    @media screen and (max-width:40rem){table,tbody{display:block}thead{display:none}
    tr{display:flex;flex-wrap:wrap;gap:.3rem 1rem;padding:.5rem 0;border-bottom:1px solid var(--rule)}
    tbody th{flex:0 0 100%;padding:0;border:0;font-weight:600;white-space:normal}
    td,td:first-child{min-width:6.3rem;padding:0;border:0;text-align:left;overflow-wrap:anywhere}td:empty{display:none}
    td::before{content:attr(data-column);display:block;font-size:.78rem;color:var(--faint)}}
    @media print{body{max-width:none;padding:0;font-size:10pt}nav,details,#runs{display:none}\
    .figures{grid-template-columns:1fr 1fr;gap:.7cm}figure{max-width:8.8cm}figcaption{font-size:7.5pt}.scroll{overflow:visible}table{font-size:8pt}th,td{padding:.15rem .4rem}\
    tr,.verdict,.warnings{break-inside:avoid}}
    \(Ink.darkRules)
    """
}
