namespace MlOps.Reporting.Rendering;

/// <summary>The style of a report. Series colours follow Okabe and Ito (2008), darkened or lightened for contrast with the page.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#56606b;--line:#dfe3e8;--grid:#e8ebef;--axis:#8a939d;--link:#0b5cad;
        --c0:#0067a5;--c1:#c2470a;--c2:#00805c;--c3:#a4478a;--c4:#8a6100;--c5:#4f55a8;--good:#00754f;--warn:#8a5a00;--bad:#b3261e;--on:#fff;--rest:#b8c0c9;--on-rest:#1b1f24}
        @media (prefers-color-scheme:dark){:root{--bg:#111418;--card:#1a1e24;--ink:#e9ecef;--soft:#a7b0ba;--line:#2f363e;--grid:#272d34;--axis:#76818c;--link:#7cb8f2;
        --c0:#56b4e9;--c1:#f58a4b;--c2:#35c99a;--c3:#e79bcb;--c4:#e6bf45;--c5:#a9b0f5;--good:#4fd1a0;--warn:#f0bd55;--bad:#ff8a80;--on:#0d1013;--rest:#4b5560;--on-rest:#e9ecef}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","Liberation Sans",sans-serif;-webkit-text-size-adjust:100%}
        main{max-width:1180px;margin:0 auto;padding:32px 20px 56px}
        h1{font-size:29px;line-height:1.2;letter-spacing:-.015em;margin:0 0 4px;overflow-wrap:anywhere}
        h2{font-size:20px;line-height:1.3;letter-spacing:-.01em;margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
        h3{font-size:16px;margin:24px 0 8px}
        p{margin:8px 0;max-width:76ch;overflow-wrap:anywhere}
        .subtitle{color:var(--soft);margin:0}
        nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:14px}
        nav a{color:var(--link);text-decoration:none}
        nav a:hover{text-decoration:underline}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:14px 0}
        .tile{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--axis);border-radius:8px;padding:11px 14px;min-width:0}
        .tile dt{color:var(--soft);font-size:13px}
        .tile dd{margin:0}
        .tile .figure{font-size:25px;line-height:1.25;font-weight:650;font-variant-numeric:tabular-nums;letter-spacing:-.01em;overflow-wrap:anywhere}
        .tile .hint{font-size:13px;color:var(--soft)}
        .good{border-left-color:var(--good)}.good .hint{color:var(--good)}
        .warning{border-left-color:var(--warn)}.warning .hint{color:var(--warn)}
        .bad{border-left-color:var(--bad)}.bad .hint{color:var(--bad)}
        .plots{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:16px;margin:14px 0}
        figure{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:0;padding:14px 16px 12px;min-width:0}
        figure.whole{grid-column:1/-1}
        figcaption{font-weight:650;font-size:15px;line-height:1.35;margin-bottom:4px;overflow-wrap:anywhere}
        .note{color:var(--soft);font-size:13px;line-height:1.45;margin:6px 0 0}
        .legend{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:0 0 6px;padding:0;font-size:13px;color:var(--soft)}
        .legend li{display:flex;align-items:center;gap:6px}
        .legend svg{width:22px;height:12px;flex:none}
        svg{display:block;width:100%;height:auto;overflow:visible}
        svg.narrow{display:none}
        svg text{font-size:12px;fill:var(--ink);font-family:inherit;font-variant-numeric:tabular-nums}
        svg .tick{fill:var(--soft)}
        svg .label{fill:var(--soft);font-weight:600}
        svg .strong{font-weight:650}
        svg .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
        .grid{stroke:var(--grid);stroke-width:1}
        .axis{stroke:var(--axis);stroke-width:1}
        .diagonal{stroke:var(--axis);stroke-width:1.5;stroke-dasharray:3 4}
        .mark{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
        .bound{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:6 4}
        .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .line.d1{stroke-dasharray:7 4}.line.d2{stroke-dasharray:2 4}
        .line.s0{stroke:var(--c0)}.line.s1{stroke:var(--c1)}.line.s2{stroke:var(--c2)}.line.s3{stroke:var(--c3)}.line.s4{stroke:var(--c4)}.line.s5{stroke:var(--c5)}
        .point{stroke:var(--card);stroke-width:1.25}
        .s0{fill:var(--c0)}.s1{fill:var(--c1)}.s2{fill:var(--c2)}.s3{fill:var(--c3)}.s4{fill:var(--c4)}.s5{fill:var(--c5)}
        .line.s0,.line.s1,.line.s2,.line.s3,.line.s4,.line.s5{fill:none}
        rect.area.s0{fill-opacity:.82}
        .alarm{fill:var(--bad)}
        .whisker{stroke:var(--soft);stroke-width:1.5}
        .median{stroke:var(--ink);stroke-width:2.5}
        svg .on-cell{fill:var(--on)}
        .cell-empty{fill:none;stroke:var(--grid)}
        .st-succeeded{fill:var(--c2)}.st-running{fill:var(--c0)}.st-failed{fill:var(--bad)}.st-cached{fill:var(--c5)}.st-skipped{fill:var(--rest)}.st-waiting{fill:var(--grid);stroke:var(--axis)}
        svg .on-succeeded,svg .on-running,svg .on-failed,svg .on-cached{fill:var(--on)}
        svg .on-skipped,svg .on-waiting{fill:var(--on-rest)}
        .node{fill:var(--bg);stroke:var(--line)}
        .edge{fill:none;stroke:var(--axis);stroke-width:1.5}
        .arrow{fill:var(--axis)}
        .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px;margin:14px 0}
        table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
        caption{text-align:left;font-weight:650;font-size:15px;padding:12px 16px 6px}
        th,td{text-align:left;padding:7px 16px;border-top:1px solid var(--grid);vertical-align:top}
        thead th{color:var(--soft);font-size:13px;font-weight:600;border-top:0;border-bottom:1px solid var(--line);white-space:nowrap}
        .n{text-align:right;white-space:nowrap}
        tbody tr:first-child td{border-top:0}
        @media (max-width:860px){.plots{grid-template-columns:minmax(0,1fr)}}
        @media (max-width:560px){main{padding:20px 12px 40px}h1{font-size:24px}svg.wide{display:none}svg.narrow{display:block}.legend svg{display:block}figure{padding:12px 12px 10px}th,td{padding:7px 10px}table{width:max-content;min-width:100%}td{max-width:34ch}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tile .figure{font-size:21px}}
        @media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#ccc;--grid:#e5e5e5;--axis:#777;--c0:#0067a5;--c1:#c2470a;--c2:#00805c;--c3:#a4478a;--c4:#8a6100;--c5:#4f55a8;--good:#00754f;--warn:#8a5a00;--bad:#b3261e;--on:#fff;--rest:#b8c0c9;--on-rest:#000;color-scheme:light}
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}body{font-size:11pt}main{max-width:none;padding:0}nav{display:none}figure,.tile,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}}

        """;
}
