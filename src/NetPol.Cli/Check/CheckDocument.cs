using System.Text.Json.Serialization;
using NetPol.Cli.Infrastructure;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Check;

/// <summary>The errors and warnings of <c>netpol check</c>.</summary>
/// <param name="Errors">The number of errors.</param>
/// <param name="Warnings">The number of warnings.</param>
/// <param name="Diagnostics">By file and line.</param>
/// <param name="NotChecked">The warnings that need objects which are missing.</param>
/// <param name="Objects">The number of objects that were read.</param>
/// <param name="Skipped">The number of objects of kinds that policies do not depend on, by kind.</param>
internal sealed record CheckDocument(
    int Errors,
    int Warnings,
    IReadOnlyList<DiagnosticJson> Diagnostics,
    IReadOnlyList<NotCheckedJson> NotChecked,
    ObjectCountsJson Objects,
    IReadOnlyDictionary<string, int> Skipped) : Document("CheckReport", CheckSerializers.Default);

/// <summary>One error or warning.</summary>
/// <param name="Code">Its code in docs/reference/check-codes.md.</param>
/// <param name="Severity">Whether it is an error or a warning.</param>
/// <param name="File">The file; null without one.</param>
/// <param name="Line">The line, from 1; null without one.</param>
/// <param name="Object">The object: kind and name.</param>
/// <param name="Field">The path of the field; empty for the whole object.</param>
/// <param name="Message">What is wrong, and what to write.</param>
/// <param name="RefusedBy">The API server that refuses the object; null when all accept it.</param>
internal sealed record DiagnosticJson(string Code, Severity Severity, string? File, int? Line, string Object, string Field, string Message, string? RefusedBy)
{
    public static DiagnosticJson Create(Diagnostic diagnostic) => new(
        diagnostic.Code, diagnostic.Severity, diagnostic.Location?.File, diagnostic.Location is { Line: > 0 and var line } ? line : null,
        diagnostic.Subject, diagnostic.Field, diagnostic.Message, diagnostic.RefusedBy);
}

/// <summary>A warning that was not checked.</summary>
/// <param name="Code">The code of the warning.</param>
/// <param name="Needs">The objects that it needs.</param>
internal sealed record NotCheckedJson(string Code, string? Needs);

/// <summary>The number of objects by kind.</summary>
internal sealed record ObjectCountsJson(int Policies, int Namespaces, int Pods, int Nodes);

[JsonSerializable(typeof(CheckDocument))]
internal sealed partial class CheckSerializers : JsonSerializerContext;
