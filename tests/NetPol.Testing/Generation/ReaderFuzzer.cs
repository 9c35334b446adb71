using CsCheck;

namespace NetPol.Testing.Generation;

/// <summary>Reads one kind of message.</summary>
public delegate void PayloadReader(ReadOnlySpan<byte> payload);

/// <summary>Asserts that for any bytes a reader returns a value or throws <typeparamref name="TFormatError"/>.</summary>
/// <param name="readers">The readers, with their names.</param>
/// <param name="seeds">Real messages.</param>
public sealed class ReaderFuzzer<TFormatError>(IReadOnlyList<(string Name, PayloadReader Read)> readers, IReadOnlyList<byte[]> seeds)
    where TFormatError : Exception
{
    private readonly Gen<byte[]> _mutated = Gen.Select(
        Gen.Int[0, 1 << 20].Select(i => seeds[i % seeds.Count]), Gen.Int[0, 4096], Gen.Select(Gen.Int[0, 4096], Gen.Byte).Array[0, 4], Gen.Bool,
        (seed, length, changes, isWhole) =>
        {
            var bytes = isWhole ? seed.ToArray() : seed[..(length % (seed.Length + 1))];
            foreach (var (at, value) in changes)
            {
                if (bytes.Length != 0)
                    bytes[at % bytes.Length] = value;
            }
            return bytes;
        });

    /// <summary>Checks all readers with random bytes.</summary>
    public void CheckRandomBytes() => Check(Gen.Byte.Array[0, 96]);

    /// <summary>Checks all readers with messages that are truncated or changed.</summary>
    public void CheckMutatedMessages() => Check(_mutated);

    /// <summary>Asserts that a reader reads many of the mutated messages and refuses many.</summary>
    /// <param name="name">The name of the reader.</param>
    public void CheckBothOutcomes(string name)
    {
        var reader = readers.Single(r => string.Equals(r.Name, name, StringComparison.Ordinal)).Read;
        int read = 0, refused = 0;
        _mutated.Sample(
            bytes =>
            {
                if (FindError(reader, bytes) is null)
                    Interlocked.Increment(ref read);
                else
                    Interlocked.Increment(ref refused);
            },
            iter: 2000);
        Assert.IsGreaterThan(200, read);
        Assert.IsGreaterThan(200, refused);
    }

    private void Check(Gen<byte[]> inputs) => inputs.Sample(
        bytes =>
        {
            foreach (var (name, read) in readers)
            {
                if (FindError(read, bytes) is { } error and not TFormatError)
                    Assert.Fail($"{name} of {Convert.ToHexStringLower(bytes)}: {error}");
            }
        },
        iter: 5000);

    private static Exception? FindError(PayloadReader read, byte[] bytes)
    {
        try
        {
            read(bytes);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }
}
