using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Matrix;

/// <summary>Tests the page of <c>matrix -o html</c> in a real browser.</summary>
[TestClass, TestCategory("Browser")]
public sealed class MatrixPageTests : IDisposable
{
    private const int Right = 39;
    private const int Down = 40;
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromMinutes(2));
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("netpol-page-").FullName, "matrix.html");

    public void Dispose()
    {
        _timeout.Dispose();
        Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);
    }

    [TestMethod]
    public async Task A_square_shows_the_deciding_rule_and_has_keyboard_focus()
    {
        var outcome = await NetPolProcess.RunAsync("matrix", "-f", NetPolProcess.Fixture("small"), "-p", "5432", "-p", "icmp", "-o", "html");
        await File.WriteAllTextAsync(_path, outcome.Output, _timeout.Token);
        await using var browser = await Browser.StartAsync(_timeout.Token);
        await browser.OpenAsync(new(_path));
        await browser.UntilAsync("the page is drawn", "document.querySelector('#grid > *')");

        Assert.AreEqual("· ✓ 1/2 ·", await browser.ReadAsync("[...document.querySelectorAll('td')].map(square => square.innerText).join(' ')"));
        await browser.ReadAsync("document.querySelectorAll('#ports input')[2].click(), document.querySelector('td[tabindex=\"0\"]').focus()");
        await browser.PressAsync("ArrowDown", Down);
        Assert.AreEqual(
            "shop/web → shop/db, ICMP\nleaving shop/web\n✓ allowedno policy applies\n" +
            "arriving at shop/db\n✗ deniedisolated by NetworkPolicy shop/db, and no rule allows it",
            await browser.ReadAsync("document.querySelector('#live').textContent"));
        await browser.PressAsync("ArrowRight", Right);
        Assert.AreEqual("shop/web → shop/web, ICMP\nA packet to the pod’s own address does not leave the pod: no policy applies to it.", await browser.ReadAsync("document.querySelector('#live').textContent"));
        Assert.AreEqual("", string.Join('\n', browser.Faults));
    }
}
