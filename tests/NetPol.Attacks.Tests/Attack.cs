using NetPol.Model.Policies;
using NetPol.Rendering;

namespace NetPol.Attacks.Tests;

/// <summary>Tries an attack twice: with all rules, and without the rule that stops it, to see that it would succeed.</summary>
internal static class Attack
{
    /// <param name="v6">The family of the addresses.</param>
    /// <param name="policies">Besides those that every lab has.</param>
    /// <param name="stoppedBy">A part of <c>CHAIN: RULE</c> of the rules that stop it.</param>
    /// <param name="counter">The counter of n1 that counts the attack; null where a policy's decision does.</param>
    /// <param name="succeeds">Tries the attack and says whether it got through.</param>
    /// <param name="host">What the rules know of the node's network besides its uplink.</param>
    public static void Fails(bool v6, Policy[] policies, string stoppedBy, string? counter, Func<AttackLab, bool> succeeds, Func<HostNetwork, HostNetwork>? host = null)
    {
        using (var guarded = new AttackLab(v6, policies, host: host))
        {
            Assert.IsFalse(succeeds(guarded), "the attack got through");
            if (counter is not null)
                Assert.IsGreaterThan(0UL, guarded.Counted(counter), $"counter {counter}");
        }
        using var open = new AttackLab(v6, policies, stoppedBy, host);
        Assert.IsTrue(succeeds(open), $"the attack fails without the rules \"{stoppedBy}\" too, so this test shows nothing of them");
    }
}
