use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::desired;
use crate::fields::of_customer;

fn read(csv: &str) -> Vec<Row<Customer>> {
    desired::customers(csv.as_bytes(), "people.csv").unwrap()
}

fn view(customers: &[(i64, &str, &str)]) -> CustomerView {
    let mut view = CustomerView::default();
    for (id, email, raw) in customers {
        view.customers.entry(folded(email)).or_default().push((*id, of_customer(raw)));
    }
    view
}

#[test]
fn customers_are_matched_by_e_mail_and_only_what_differs_is_planned() {
    let view = view(&[
        (1, "Ann@x.example", r#"{"first_name":"Ann","last_name":"A","phone":null,"customer_group_id":2}"#),
        (2, "bob@x.example", r#"{"first_name":"Bob","last_name":"B"}"#),
        (3, "two@x.example", r#"{}"#),
        (4, "two@x.example", r#"{}"#),
        (5, "odd@x.example", r#"{"first_name":"\ud800"}"#),
    ]);
    let rows = read(
        "email,first_name,last_name,phone,customer_group_id\n\
         ann@X.example,Anna,A,+1 5,3\n\
         bob@x.example,Bob,,,0\n\
         new@x.example,New,N,,\n\
         half@x.example,Half,,,\n\
         two@x.example,T,,,\n\
         odd@x.example,Odd,,,\n\
         twice@x.example,A,B,,\n\
         TWICE@x.example,C,D,,\n\
         nobody,C,D,,\n",
    );
    let naming = Naming { id: Uuid::nil(), made_at: Timestamp::UNIX_EPOCH, source: "people.csv".into() };
    let plan = Plan::new(Kind::Customers, naming, "abc".into(), 12, compare(&rows, &view));
    insta::assert_snapshot!(plan.text(20), @r#"
    customers of people.csv for store abc
    1 to create, 2 to update, 0 to delete, 1 unchanged, 5 refused
    warning: 5 of 9 rows are refused

    create:
      line 4  new@x.example  first_name "New"  last_name "N"

    update:
      line 2  ann@X.example  customer_group_id 2 -> 3  first_name "Ann" -> "Anna"  phone "" -> "+1 5"
      line 7  odd@x.example  first_name nothing -> "Odd"

    refused:
      line 5  half@x.example  no customer has this e-mail, and a new one needs a last_name
      line 6  two@x.example  2 customers have this e-mail: 3, 4
      line 8  twice@x.example  lines 8, 9 have the same e-mail
      line 9  TWICE@x.example  lines 8, 9 have the same e-mail
      line 10  nobody  email: `nobody` is no e-mail address
    "#);
    insta::assert_snapshot!(serde_json::to_string(&plan.updates[0]).unwrap(), @r#"{"line":2,"key":"ann@X.example","customer_id":1,"before":{"customer_group_id":2,"first_name":"Ann","phone":""},"after":{"customer_group_id":3,"first_name":"Anna","phone":"+1 5"}}"#);
}

proptest! {
    #[test]
    fn what_is_planned_and_written_leaves_nothing_to_do(
        present in prop::collection::vec(prop::option::of(("[ab]?", "[ab]?", 0_i64..3)), 5),
        wanted in prop::collection::vec((0_usize..5, "[ab]?", "[ab]?", prop::option::of(0_i64..3)), 0..12),
    ) {
        let mut view = CustomerView::default();
        for (i, customer) in present.iter().enumerate() {
            if let Some((first, company, group)) = customer {
                let raw = format!(r#"{{"first_name":"{first}","last_name":"x","company":"{company}","customer_group_id":{group}}}"#);
                view.customers.insert(format!("c{i}@x"), vec![(i as i64, of_customer(&raw))]);
            }
        }
        let mut csv = String::from("email,first_name,last_name,company,customer_group_id\n");
        for (who, first, company, group) in &wanted {
            let group = group.map(|id| id.to_string()).unwrap_or_default();
            csv.push_str(&format!("C{who}@x,{first},x,{company},{group}\n"));
        }
        let rows = read(&csv);
        let first = compare(&rows, &view);
        for create in &first.creates {
            let mut fields = of_customer("{}");
            fields.extend(create.after.clone());
            view.customers.insert(folded(&create.key), vec![(99, fields)]);
        }
        for update in &first.updates {
            view.customers.get_mut(&folded(&update.key)).unwrap()[0].1.extend(update.after.clone());
        }
        let second = compare(&rows, &view);
        prop_assert_eq!(second.creates, []);
        prop_assert_eq!(second.updates, []);
        prop_assert_eq!(second.refused, first.refused);
    }
}
