using System.Text.Encodings.Web;
using System.Text.Json;

namespace NetPol.Cli.Output;

/// <summary>JSON on standard output: UTF-8, and of the characters only those escaped that JSON wants escaped.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };

    /// <summary>Writes one value over several lines.</summary>
    public static void Write(Stream output, Action<Utf8JsonWriter> value)
    {
        using (var writer = new Utf8JsonWriter(output, Indented))
            value(writer);
        output.Write("\n"u8);
    }

    /// <summary>Writes an array with one item a line, which is good to read, to compare and to search.</summary>
    public static void WriteLines<T>(Stream output, IEnumerable<T> items, Action<Utf8JsonWriter, T> item)
    {
        output.Write("["u8);
        using var writer = new Utf8JsonWriter(output, Compact);
        var first = true;
        foreach (var value in items)
        {
            output.Write(first ? "\n  "u8 : ",\n  "u8);
            first = false;
            item(writer, value);
            writer.Flush();
            writer.Reset();
        }
        output.Write(first ? "]\n"u8 : "\n]\n"u8);
    }
}
