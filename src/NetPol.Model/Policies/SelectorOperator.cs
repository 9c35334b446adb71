namespace NetPol.Model.Policies;

/// <summary>Operators of <c>matchExpressions</c>.</summary>
public enum SelectorOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
