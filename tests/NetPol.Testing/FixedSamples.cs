using CsCheck;

namespace NetPol.Testing;

/// <summary>
/// Properties over the same samples in every run: a suite that was green stays green until the code changes. <c>NETPOL_SEED</c>, which
/// <c>./test --nightly</c> sets, gives other samples.
/// </summary>
public static class FixedSamples
{
    private const string Variable = "NETPOL_SEED";

    private static readonly ulong Seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? ulong.Parse(given) : 0x5eed;

    /// <summary>The first <paramref name="count"/> samples, the same in every run.</summary>
    public static IEnumerable<T> Draw<T>(this Gen<T> gen, int count) =>
        Enumerable.Range(0, count).Select(i => gen.Generate(Pcg(i), null, out _));

    /// <summary>
    /// Holds the property against the first <paramref name="count"/> samples, in parallel. The first that fails is shrunk and its seed
    /// told. With <c>CsCheck_Iter</c> or <c>CsCheck_Time</c> set, random samples follow, as many as they say.
    /// </summary>
    /// <param name="gen">What to sample.</param>
    /// <param name="count">How many samples every run has.</param>
    /// <param name="property">Throws where it does not hold.</param>
    /// <exception cref="CsCheckException">The property does not hold; with the smallest sample found.</exception>
    public static void Holds<T>(this Gen<T> gen, int count, Action<T> property)
    {
        var failed = int.MaxValue;
        Parallel.For(0, count, (i, loop) =>
        {
            try
            {
                property(gen.Generate(Pcg(i), null, out _));
            }
            catch (Exception) when (NoteFailure(ref failed, i))
            {
                loop.Break();
            }
        });
        if (failed < int.MaxValue)
        {
            try
            {
                gen.Sample(property, seed: Pcg(failed).ToString(), iter: 20_000);
            }
            catch (CsCheckException smallest)
            {
                throw new CsCheckException($"repeat with {Variable}={Seed}: sample {failed}: {smallest.Message}", smallest);
            }
            throw new InvalidOperationException($"sample {failed} failed, and did not when it was repeated with {Variable}={Seed}");
        }
        if (Environment.GetEnvironmentVariable("CsCheck_Iter") is not null || Environment.GetEnvironmentVariable("CsCheck_Time") is not null)
            gen.Sample(property);
    }

    private static PCG Pcg(int sample) => new((uint)sample, Seed);

    private static bool NoteFailure(ref int first, int sample)
    {
        int seen;
        while (sample < (seen = Volatile.Read(ref first)))
            Interlocked.CompareExchange(ref first, sample, seen);
        return true;
    }
}
