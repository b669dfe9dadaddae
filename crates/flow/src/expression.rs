//! A question about a call, in CEL: `call.digits == "1" && passthru.json.tier == "gold"`.
//!
//! CEL always ends; how soon is bounded here. `map` and `filter` are refused, `all`, `exists` and `exists_one` go over
//! something that the call holds, not over a computed list, and not inside one another.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use cel::{Context, Program, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use crate::nearest::did_you_mean;
use crate::scope::{CALL_FIELDS, Scope};

/// Bytes of an expression.
pub const EXPRESSION_BYTES: usize = 4 * 1024;

/// Operations inside one another, `a + b + c` counting as two: evaluation is recursive.
pub const EXPRESSION_DEPTH: usize = 100;

/// An expression that is true or false, parsed.
pub struct Expression {
    source: String,
    program: Program,
}

impl Expression {
    /// Parses an expression. The error's second line, if there is one, is a hint.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > EXPRESSION_BYTES {
            return Err(format!("an expression has at most {EXPRESSION_BYTES} bytes, this one has {}", source.len()));
        }
        let program = Program::compile(source).map_err(|errors| match errors.errors.first() {
            Some(error) => format!("not an expression: {}", error.msg.lines().next().unwrap_or_default()),
            None => "not an expression".to_owned(),
        })?;
        Check::default().expression(program.expression())?;
        Ok(Self { source: source.to_owned(), program })
    }

    /// Whether it is true of the call; why it cannot be told, otherwise.
    pub fn is_true(&self, scope: &Scope) -> Result<bool, String> {
        let mut context = Context::default();
        for (name, value) in scope.names() {
            context.add_variable_from_value(name, value_of(value));
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(format!("it is {} and not true or false", other.type_of())),
            Err(error) => Err(error.to_string().chars().take(LONGEST_ERROR).collect()),
        }
    }
}

/// Characters of an evaluation error: it may quote values.
const LONGEST_ERROR: usize = 200;

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.source)
    }
}

/// Refuses what names nothing and what would take too long or too deep.
#[derive(Default)]
struct Check {
    depth: usize,
    /// The variables of the macro around, if there is one.
    bound: Vec<String>,
}

impl Check {
    fn expression(&mut self, expression: &IdedExpr) -> Result<(), String> {
        if self.depth >= EXPRESSION_DEPTH {
            return Err(format!("more than {EXPRESSION_DEPTH} operations inside one another"));
        }
        self.depth += 1;
        let result = self.inside(&expression.expr);
        self.depth -= 1;
        result
    }

    fn inside(&mut self, expression: &Expr) -> Result<(), String> {
        match expression {
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) => {
                check_field(select)?;
                self.expression(&select.operand)
            }
            Expr::Call(call) => {
                let mut parts = call.target.iter().map(|target| &**target).chain(&call.args);
                parts.try_for_each(|part| self.expression(part))
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.expression(element)),
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) => self.expression(&entry.key).and_then(|()| self.expression(&entry.value)),
                EntryExpr::StructField(field) => self.expression(&field.value),
            }),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Struct(_) => Err("types cannot be made here".into()),
            Expr::Literal(_) | Expr::Unspecified => Ok(()),
        }
    }

    fn name(&self, name: &str) -> Result<(), String> {
        let names = ["call", "vars", "passthru"];
        if names.contains(&name) || self.bound.iter().any(|known| known == name) {
            return Ok(());
        }
        let hint = did_you_mean(name, names).unwrap_or_else(|| "there are `call`, `vars` and `passthru`".into());
        Err(format!("there is no `{name}`\n{hint}"))
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr) -> Result<(), String> {
        if !self.bound.is_empty() {
            return Err("`all`, `exists` and `exists_one` cannot stand inside one another".into());
        }
        let tells =
            matches!(comprehension.accu_init.expr, Expr::Literal(LiteralValue::Boolean(_) | LiteralValue::Int(_)));
        if !tells {
            return Err("`map` and `filter` cannot be used here\nthere are `all`, `exists` and `exists_one`".into());
        }
        if !is_path(&comprehension.iter_range) {
            let what = "`all`, `exists` and `exists_one` go over something that the call holds";
            return Err(format!("{what}\nlike `passthru.json.items.exists(item, item == 1)`"));
        }
        self.expression(&comprehension.iter_range)?;
        self.bound.extend([comprehension.iter_var.clone(), comprehension.accu_var.clone()]);
        self.bound.extend(comprehension.iter_var2.clone());
        let inner = [&comprehension.loop_cond, &comprehension.loop_step, &comprehension.result];
        let result = inner.into_iter().try_for_each(|inner| self.expression(inner));
        self.bound.clear();
        result
    }
}

fn check_field(select: &SelectExpr) -> Result<(), String> {
    let of_call = matches!(&select.operand.expr, Expr::Ident(root) if root == "call");
    if !of_call || CALL_FIELDS.contains(&select.field.as_str()) {
        return Ok(());
    }
    let hint = did_you_mean(&select.field, CALL_FIELDS);
    let hint = hint.unwrap_or_else(|| format!("there are `{}`", CALL_FIELDS.join("`, `")));
    Err(format!("there is no `call.{}`\n{hint}", select.field))
}

fn is_path(expression: &IdedExpr) -> bool {
    match &expression.expr {
        Expr::Ident(_) => true,
        Expr::Select(select) => !select.test && is_path(&select.operand),
        _ => false,
    }
}

/// JSON's whole numbers become CEL's `int`, so that `passthru.json.n + 1` can be written.
fn value_of(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(bool),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::Int(int),
            (None, Some(uint)) => Value::UInt(uint),
            (None, None) => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::String(Arc::new(text)),
        Json::Array(list) => Value::List(Arc::new(list.into_iter().map(value_of).collect())),
        Json::Object(map) => {
            // CEL's maps are hash maps; what goes over one here only tells whether, or how many, and not in which order.
            let map: std::collections::HashMap<String, Value> =
                map.into_iter().map(|(name, value)| (name, value_of(value))).collect();
            Value::Map(map.into())
        }
    }
}

impl<'de> Deserialize<'de> for Expression {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": EXPRESSION_BYTES, "x-language": "cel" })
    }
}

#[cfg(test)]
mod tests {
    use super::{EXPRESSION_BYTES, EXPRESSION_DEPTH, Expression};
    use crate::scope::tests::scope;

    fn ask(source: &str) -> Result<bool, String> {
        Expression::parse(source)?.is_true(&scope())
    }

    #[test]
    fn expressions_ask_what_is_known_of_the_call() {
        let rows = [
            ("true", true),
            ("call.from.startsWith('+91') && call.digits == '42'", true),
            ("call.answered && call.direction == 'incoming'", true),
            ("int(call.digits) > 41", true),
            ("vars.tier == 'silver'", false),
            ("vars.tier in ['gold', 'silver']", true),
            ("has(vars.nothing)", false),
            ("passthru.status == 200 && passthru.json.n + 1 == 8", true),
            ("passthru.json.x * 2.0 == 3.0", true),
            ("passthru.json.vip && passthru.json.none == null", true),
            ("passthru.json.list.exists(x, x == 2)", true),
            ("passthru.json.list.all(x, x > 1)", false),
            ("passthru.json.list.exists_one(x, x > 2)", true),
            ("size(passthru.body) > 10 ? true : false", true),
        ];
        for (source, answer) in rows {
            assert_eq!(ask(source), Ok(answer), "{source}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused_when_it_is_parsed() {
        let rows = [
            ("", "not an expression"),
            ("a ==", "not an expression"),
            ("cal.from == ''", "there is no `cal`\ndid you mean `call`?"),
            ("call.form == ''", "there is no `call.form`\ndid you mean `from`?"),
            ("passthru.json.list.map(x, x) == []", "`map` and `filter` cannot be used here"),
            ("passthru.json.list.filter(x, true) == []", "`map` and `filter` cannot be used here"),
            ("passthru.json.list.all(x, passthru.json.list.all(y, true))", "`all`, `exists` and `exists_one` cannot"),
            ("[1, 2].all(x, true)", "`all`, `exists` and `exists_one` go over"),
            ("x.y.z(1)", "there is no `x`"),
        ];
        for (source, message) in rows {
            let error = Expression::parse(source).expect_err(source);
            assert!(error.starts_with(message), "{source}: {error}");
        }
        assert!(Expression::parse(&format!("'{}' == ''", "x".repeat(EXPRESSION_BYTES - 8))).is_ok());
        assert!(Expression::parse(&format!("'{}' == ''", "x".repeat(EXPRESSION_BYTES - 7))).is_err());
    }

    #[test]
    fn what_cannot_be_told_is_an_error_and_never_a_panic() {
        for source in [
            "passthru.json.nothing == 1",
            "vars.nothing == ''",
            "call.digits",
            "1 / 0 == 1",
            "1 % 0 == 1",
            "9223372036854775807 + 1 > 0",
            "(-9223372036854775807 - 1) / -1 > 0",
            "(-9223372036854775807 - 1) % -1 > 0",
            "-(-9223372036854775807 - 1) > 0",
            "passthru.json.list[99] == 1",
            "passthru.json.list[-1] == 1",
            "passthru.json.name + 1 == 2",
            "int('x') == 1",
            "int(1e300) == 1",
            "nobody()",
            "call.from.nobody()",
        ] {
            assert!(ask(source).is_err(), "{source}: {:?}", ask(source));
        }
    }

    #[test]
    fn deep_expressions_are_refused_and_never_overflow() {
        let chain = |operations: usize| format!("{}1 > 0", "1 + ".repeat(operations));
        assert_eq!(ask(&chain(EXPRESSION_DEPTH - 2)), Ok(true));
        assert_eq!(ask(&chain(EXPRESSION_DEPTH - 1)), Err("more than 100 operations inside one another".to_owned()));
        assert!(ask(&chain(1_000)).is_err());
        for (open, close) in
            [("(", ")"), ("[", "]"), ("true ? true : ", ""), ("{1:", "}"), ("call.", ""), ("size(", ")")]
        {
            let levels = (EXPRESSION_BYTES - 8) / (open.len() + close.len());
            let source = format!("{}true{}", open.repeat(levels), close.repeat(levels));
            assert!(ask(&source).is_err(), "{open}");
        }
    }
}
