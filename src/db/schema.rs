// Kept in step with the migrations; `tests/shop/conventions.rs` compares both.
diesel::table! {
    secrets (name) { name -> Text, value -> Bytea, made_at -> Timestamptz, }
}
diesel::table! {
    events (id) {
        id -> BigInt,
        topic -> Text,
        subject -> Uuid,
        kind -> Text,
        detail -> Jsonb,
        actor -> Text,
        happened_at -> Timestamptz,
        recorded_at -> Timestamptz,
    }
}
diesel::table! {
    departments (id) {
        id -> Integer,
        slug -> Text,
        name -> Text,
        short_name -> Text,
        picture -> Text,
        position -> Integer,
    }
}
diesel::table! {
    categories (id) { id -> Integer, department_id -> Integer, slug -> Text, name -> Text, }
}
diesel::table! {
    products (id) {
        id -> BigInt,
        sku -> Text,
        slug -> Text,
        name -> Text,
        brand -> Text,
        category_id -> Integer,
        kind -> Text,
        price_cents -> BigInt,
        sold_by -> Text,
        per_kg_cents -> Nullable<BigInt>,
        over_percent -> Nullable<Integer>,
        size_text -> Text,
        size_amount -> BigInt,
        size_unit -> Text,
        description -> Text,
        picture -> Text,
        picture_fit -> Text,
        ingredients -> Text,
        allergens -> Text,
        nutrition -> Jsonb,
        vat_percent -> Integer,
        minimum_age -> Integer,
        storage -> Text,
        labels -> Text,
        popularity -> Integer,
        demo -> Bool,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    stock (product_id) {
        product_id -> BigInt,
        on_hand -> Integer,
        held -> Integer,
        back_on -> Nullable<Date>,
        shelf -> Text,
        version -> Integer,
    }
}
diesel::table! {
    offers (id) {
        id -> BigInt,
        code -> Text,
        kind -> Text,
        percent -> Nullable<Integer>,
        n -> Nullable<Integer>,
        amount_cents -> Nullable<BigInt>,
        label -> Text,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}
diesel::table! {
    offer_products (product_id, offer_id) {
        offer_id -> BigInt,
        product_id -> BigInt,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}
diesel::table! {
    synonyms (word, means) { word -> Text, means -> Text, }
}
diesel::table! {
    zones (id) {
        id -> Integer,
        code -> Text,
        name -> Text,
        fee_cents -> BigInt,
        free_from_cents -> BigInt,
        minimum_cents -> BigInt,
    }
}
diesel::table! {
    places (id) {
        id -> Integer,
        routing_key -> Text,
        area -> Text,
        short_name -> Text,
        latitude -> Double,
        longitude -> Double,
        zone_id -> Nullable<Integer>,
    }
}
diesel::table! {
    place_names (name) { name -> Text, place_id -> Integer, }
}
diesel::table! {
    window_templates (id) {
        id -> Integer,
        zone_id -> Integer,
        weekdays -> Text,
        start_minute -> Integer,
        minutes -> Integer,
        capacity -> Integer,
        cutoff_minutes -> Integer,
    }
}
diesel::table! {
    delivery_windows (id) {
        id -> BigInt,
        zone_id -> Integer,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        cutoff_at -> Timestamptz,
        capacity -> Integer,
        taken -> Integer,
        closed_by -> Nullable<Uuid>,
    }
}
diesel::table! {
    incidents (id) {
        id -> Uuid,
        kind -> Text,
        zone_id -> Nullable<Integer>,
        window_id -> Nullable<BigInt>,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        note -> Text,
        made_by -> Uuid,
        made_at -> Timestamptz,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    incident_orders (incident_id, order_id) {
        incident_id -> Uuid,
        order_id -> Uuid,
        place -> Integer,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        due_at -> Timestamptz,
        tries -> Integer,
        outcome -> Nullable<Text>,
        new_starts_at -> Nullable<Timestamptz>,
        new_ends_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    quotes (id) {
        id -> Uuid,
        place_id -> Integer,
        zone_id -> Integer,
        eircode -> Nullable<Text>,
        fee_cents -> BigInt,
        free_from_cents -> BigInt,
        minimum_cents -> BigInt,
        given_at -> Timestamptz,
        valid_until -> Timestamptz,
    }
}
diesel::table! {
    place_wishes (id) { id -> BigInt, email -> Text, asked -> Text, made_at -> Timestamptz, }
}
diesel::table! {
    baskets (id) {
        id -> Uuid,
        quote_id -> Nullable<Uuid>,
        seen_fee_cents -> Nullable<BigInt>,
        seen_free_from_cents -> Nullable<BigInt>,
        seen_minimum_cents -> Nullable<BigInt>,
        made_at -> Timestamptz,
        touched_at -> Timestamptz,
        customer_id -> Nullable<Uuid>,
        version -> BigInt,
    }
}
diesel::table! {
    basket_lines (basket_id, product_id) {
        basket_id -> Uuid,
        product_id -> BigInt,
        quantity -> Integer,
        seen_price_cents -> BigInt,
        seen_quantity -> Integer,
        seen_offer_id -> Nullable<BigInt>,
        added_at -> Timestamptz,
    }
}
diesel::table! {
    journey_events (id) {
        id -> BigInt,
        happened_at -> Timestamptz,
        visitor -> Text,
        session -> Text,
        kind -> Text,
        detail -> Jsonb,
    }
}
diesel::table! {
    checkout_drafts (basket_id) {
        basket_id -> Uuid,
        typed -> Jsonb,
        submit_key -> Uuid,
        touched_at -> Timestamptz,
    }
}
diesel::table! {
    coupons (code) {
        code -> Text,
        label -> Text,
        percent -> Nullable<Integer>,
        amount_cents -> Nullable<BigInt>,
        minimum_goods_cents -> BigInt,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        most_uses -> Nullable<Integer>,
        used -> Integer,
    }
}
diesel::table! {
    orders (id) {
        id -> Uuid,
        number -> Text,
        basket_id -> Uuid,
        customer_id -> Nullable<Uuid>,
        state -> Text,
        submit_key -> Uuid,
        fingerprint -> Text,
        quote_id -> Uuid,
        place_id -> Integer,
        window_id -> BigInt,
        window_starts_at -> Timestamptz,
        window_ends_at -> Timestamptz,
        pay_by -> Text,
        substitutions -> Text,
        coupon_code -> Nullable<Text>,
        goods_cents -> BigInt,
        coupon_cents -> BigInt,
        fee_cents -> BigInt,
        fee_vat_percent -> Integer,
        total_cents -> BigInt,
        maximum_cents -> BigInt,
        minimum_age -> Integer,
        placed_at -> Timestamptz,
        unpaid_until -> Nullable<Timestamptz>,
        confirmed_at -> Nullable<Timestamptz>,
        completed_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
        cancelled_why -> Nullable<Text>,
        version -> Integer,
    }
}
diesel::table! {
    order_contacts (order_id) {
        order_id -> Uuid,
        name -> Text,
        email -> Text,
        phone -> Text,
        line -> Text,
        company -> Text,
        town -> Text,
        eircode -> Text,
        leave_at -> Text,
        note -> Text,
        preferred_time -> Text,
        gate_code -> Text,
        gift_note -> Text,
    }
}
diesel::table! {
    order_lines (order_id, position) {
        order_id -> Uuid,
        position -> Integer,
        product_id -> BigInt,
        sku -> Text,
        slug -> Text,
        name -> Text,
        brand -> Text,
        size_label -> Text,
        picture -> Text,
        picture_fit -> Text,
        quantity -> Integer,
        unit_price_cents -> BigInt,
        offer_label -> Text,
        full_cents -> BigInt,
        off_cents -> BigInt,
        coupon_cents -> BigInt,
        sum_cents -> BigInt,
        maximum_cents -> BigInt,
        sold_by -> Text,
        per_kg_cents -> Nullable<BigInt>,
        grams -> Nullable<BigInt>,
        vat_percent -> Integer,
        minimum_age -> Integer,
        substitutions -> Nullable<Text>,
        shared_offer_id -> Nullable<BigInt>,
    }
}
diesel::table! {
    stock_holds (order_id, product_id) {
        order_id -> Uuid,
        product_id -> BigInt,
        units -> Integer,
    }
}
diesel::table! {
    window_holds (id) {
        id -> Uuid,
        window_id -> BigInt,
        basket_id -> Nullable<Uuid>,
        order_id -> Nullable<Uuid>,
        held_until -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    payment_attempts (id) {
        id -> Uuid,
        order_id -> Uuid,
        method -> Text,
        state -> Text,
        amount_cents -> BigInt,
        standby -> Bool,
        shutting -> Bool,
        gateway_method -> Nullable<Text>,
        gateway_customer -> Nullable<Text>,
        label -> Text,
        intent -> Nullable<Text>,
        failure -> Nullable<Text>,
        approve_at -> Nullable<Text>,
        made_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        good_until -> Nullable<Timestamptz>,
        ask_at -> Nullable<Timestamptz>,
        asks -> Integer,
    }
}
diesel::table! {
    captures (id) {
        id -> Uuid,
        attempt_id -> Uuid,
        amount_cents -> BigInt,
        state -> Text,
        failure -> Nullable<Text>,
        asked_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    refunds (id) {
        id -> Uuid,
        attempt_id -> Uuid,
        amount_cents -> BigInt,
        reason -> Text,
        state -> Text,
        gateway_refund -> Nullable<Text>,
        failure -> Nullable<Text>,
        asked_at -> Timestamptz,
        settled_at -> Nullable<Timestamptz>,
        ask_at -> Nullable<Timestamptz>,
        asks -> Integer,
        again_of -> Nullable<Uuid>,
    }
}
diesel::table! {
    gateway_events (id) {
        id -> Text,
        kind -> Text,
        intent -> Nullable<Text>,
        body -> Jsonb,
        received_at -> Timestamptz,
        decision -> Text,
        decided_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    saved_cards (id) {
        id -> Uuid,
        customer_id -> Uuid,
        gateway_method -> Text,
        gateway_customer -> Text,
        label -> Text,
        expires -> Text,
        saved_at -> Timestamptz,
        removed_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    order_links (digest) {
        digest -> Bytea,
        order_id -> Uuid,
        made_at -> Timestamptz,
        ends_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        may_act_until -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    order_codes (link) {
        link -> Bytea,
        hash -> Text,
        made_at -> Timestamptz,
        ends_at -> Timestamptz,
        tries -> Integer,
    }
}
diesel::table! {
    cases (id) {
        id -> Uuid,
        order_id -> Uuid,
        kind -> Text,
        words -> Text,
        positions -> Jsonb,
        state -> Text,
        staff_id -> Nullable<Uuid>,
        answer -> Text,
        opened_at -> Timestamptz,
        taken_at -> Nullable<Timestamptz>,
        answered_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        version -> Integer,
    }
}
diesel::table! {
    outbox (id) {
        id -> BigInt,
        event_id -> BigInt,
        consumer -> Text,
        due_at -> Timestamptz,
        leased_until -> Nullable<Timestamptz>,
        tries -> Integer,
        done_at -> Nullable<Timestamptz>,
        failed -> Nullable<Text>,
        last_error -> Nullable<Text>,
    }
}
diesel::table! {
    customers (id) {
        id -> Uuid,
        email -> Text,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        line -> Nullable<Text>,
        town -> Nullable<Text>,
        eircode -> Nullable<Text>,
        password_hash -> Text,
        gateway_customer -> Nullable<Text>,
        made_at -> Timestamptz,
    }
}
diesel::table! {
    customer_sessions (token_hash) {
        token_hash -> Bytea,
        customer_id -> Uuid,
        made_at -> Timestamptz,
        seen_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}
diesel::table! {
    sign_ups (token_hash) {
        token_hash -> Bytea,
        email -> Text,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        line -> Nullable<Text>,
        town -> Nullable<Text>,
        eircode -> Nullable<Text>,
        password_hash -> Text,
        device -> Uuid,
        made_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}
diesel::table! {
    password_resets (token_hash) {
        token_hash -> Bytea,
        customer_id -> Uuid,
        made_at -> Timestamptz,
        ends_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    staff_members (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        state -> Text,
        role -> Nullable<Text>,
        version -> Integer,
        made_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        decided_by -> Nullable<Uuid>,
    }
}
diesel::table! {
    staff_requests (token_hash) {
        token_hash -> Bytea,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        device -> Uuid,
        made_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}
diesel::table! {
    staff_sessions (id) {
        id -> Uuid,
        digest -> Bytea,
        staff_id -> Uuid,
        browser -> Text,
        network -> Text,
        made_at -> Timestamptz,
        seen_at -> Timestamptz,
        ends_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    outgoing_mail (id) {
        id -> Uuid,
        dedupe -> Text,
        to_address -> Text,
        subject -> Text,
        text -> Text,
        html -> Text,
        secret -> Bool,
        made_at -> Timestamptz,
        due_at -> Timestamptz,
        tries -> Integer,
        leased_until -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        failed -> Nullable<Text>,
        order_id -> Nullable<Uuid>,
    }
}
diesel::table! {
    awaited (id) {
        id -> Uuid,
        product_id -> BigInt,
        address -> Text,
        asked_at -> Timestamptz,
        told_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    throttles (what, key) { what -> Text, key -> Text, ends_at -> Timestamptz, hits -> Integer, }
}

diesel::table! {
    stock_movements (id) {
        id -> BigInt,
        product_id -> BigInt,
        reason -> Text,
        units -> Integer,
        on_hand -> Integer,
        order_id -> Nullable<Uuid>,
        note -> Text,
        actor -> Text,
        at -> Timestamptz,
    }
}
diesel::table! {
    fulfilments (order_id) {
        order_id -> Uuid,
        state -> Text,
        due_at -> Timestamptz,
        window_starts_at -> Timestamptz,
        picker_id -> Nullable<Uuid>,
        touched_at -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        packed_at -> Nullable<Timestamptz>,
        handed_over_at -> Nullable<Timestamptz>,
        goods_cents -> Nullable<BigInt>,
        total_cents -> Nullable<BigInt>,
        stopped_at -> Nullable<Timestamptz>,
        version -> Integer,
        crate_no -> Nullable<Integer>,
    }
}
diesel::table! {
    picks (order_id, position) {
        order_id -> Uuid,
        position -> Integer,
        state -> Text,
        product_id -> Nullable<BigInt>,
        units -> Integer,
        grams -> Nullable<BigInt>,
        sum_cents -> BigInt,
        at -> Timestamptz,
        rest_product_id -> Nullable<BigInt>,
        rest_units -> Nullable<Integer>,
        rest_grams -> Nullable<BigInt>,
        rest_sum_cents -> Nullable<BigInt>,
    }
}
diesel::table! {
    bags (code) {
        code -> Text,
        order_id -> Uuid,
        number -> Integer,
        storage -> Text,
    }
}
diesel::table! {
    riders (id) {
        id -> Uuid,
        first_name -> Text,
        phone -> Text,
        on_shift -> Bool,
        capacity -> Integer,
        latitude -> Nullable<Double>,
        longitude -> Nullable<Double>,
        position_at -> Nullable<Timestamptz>,
        heard_at -> Nullable<Timestamptz>,
        stands_since -> Nullable<Timestamptz>,
        zone_id -> Nullable<Integer>,
    }
}
diesel::table! {
    drops (id) {
        id -> Uuid,
        order_id -> Uuid,
        attempt -> Integer,
        state -> Text,
        zone_id -> Integer,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        latitude -> Double,
        longitude -> Double,
        rider_id -> Nullable<Uuid>,
        stop -> Integer,
        carrier -> Nullable<Text>,
        carrier_ref -> Nullable<Text>,
        tracking_url -> Nullable<Text>,
        planned_at -> Timestamptz,
        assigned_at -> Nullable<Timestamptz>,
        left_at -> Nullable<Timestamptz>,
        arrived_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        failure -> Nullable<Text>,
        proof -> Nullable<Text>,
        proof_detail -> Text,
        version -> Integer,
        photo_sha256 -> Nullable<Text>,
    }
}
diesel::table! {
    drop_photos (drop_id) {
        drop_id -> Uuid,
        sha256 -> Text,
        width -> Integer,
        height -> Integer,
        jpeg -> Bytea,
        taken_at -> Timestamptz,
        stored_at -> Timestamptz,
    }
}
diesel::table! {
    rider_uploads (id) {
        id -> Uuid,
        rider_id -> Uuid,
        drop_id -> Nullable<Uuid>,
        kind -> Text,
        body -> Jsonb,
        happened_at -> Timestamptz,
        received_at -> Timestamptz,
        decision -> Text,
        answer -> Text,
    }
}
diesel::table! {
    carrier_bookings (id) {
        id -> Uuid,
        order_id -> Uuid,
        drop_id -> Uuid,
        carrier -> Text,
        state -> Text,
        reference -> Nullable<Text>,
        words -> Text,
        asked_at -> Timestamptz,
        collected_at -> Nullable<Timestamptz>,
        ask_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    carrier_words (carrier, id) {
        carrier -> Text,
        id -> Text,
        reference -> Text,
        said -> Text,
        body -> Jsonb,
        received_at -> Timestamptz,
        decision -> Text,
        decided_at -> Nullable<Timestamptz>,
        seen_at -> Nullable<Timestamptz>,
        covered_at -> Nullable<Timestamptz>,
    }
}
diesel::table! {
    promises (order_id, version) {
        order_id -> Uuid,
        version -> Integer,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        who -> Text,
        why -> Text,
        made_at -> Timestamptz,
    }
}
diesel::table! {
    forecasts (order_id) {
        order_id -> Uuid,
        due_at -> Timestamptz,
        expected_at -> Nullable<Timestamptz>,
        from_at -> Nullable<Timestamptz>,
        to_at -> Nullable<Timestamptz>,
        cause -> Nullable<Text>,
        reckoned_at -> Nullable<Timestamptz>,
        closed_until -> Nullable<Timestamptz>,
    }
}
diesel::joinable!(categories -> departments (department_id));
diesel::joinable!(products -> categories (category_id));
diesel::joinable!(stock -> products (product_id));
diesel::joinable!(offer_products -> offers (offer_id));
diesel::joinable!(places -> zones (zone_id));
diesel::joinable!(quotes -> places (place_id));
diesel::table! {
    town_parts (part) { part -> Text, by_hand_since -> Timestamptz, }
}
diesel::table! {
    town_troubles (order_id, kind) { order_id -> Uuid, kind -> Text, made_at -> Timestamptz, }
}
diesel::allow_tables_to_appear_in_same_query!(
    town_parts,
    town_troubles,
    stock_movements,
    fulfilments,
    picks,
    bags,
    riders,
    drops,
    drop_photos,
    rider_uploads,
    carrier_bookings,
    carrier_words,
    promises,
    forecasts,
    secrets,
    events,
    departments,
    categories,
    products,
    stock,
    offers,
    offer_products,
    synonyms,
    zones,
    places,
    place_names,
    window_templates,
    delivery_windows,
    incidents,
    incident_orders,
    quotes,
    place_wishes,
    baskets,
    basket_lines,
    journey_events,
    checkout_drafts,
    coupons,
    orders,
    order_contacts,
    order_lines,
    stock_holds,
    window_holds,
    payment_attempts,
    captures,
    refunds,
    gateway_events,
    saved_cards,
    order_links,
    order_codes,
    cases,
    outbox,
    customers,
    customer_sessions,
    sign_ups,
    password_resets,
    staff_members,
    staff_requests,
    staff_sessions,
    outgoing_mail,
    throttles,
    awaited,
);
diesel::joinable!(outbox -> events (event_id));
diesel::joinable!(captures -> payment_attempts (attempt_id));
diesel::joinable!(refunds -> payment_attempts (attempt_id));
diesel::joinable!(window_holds -> delivery_windows (window_id));
diesel::joinable!(order_contacts -> orders (order_id));
diesel::joinable!(order_lines -> orders (order_id));
diesel::joinable!(payment_attempts -> orders (order_id));
diesel::joinable!(fulfilments -> orders (order_id));
diesel::joinable!(bags -> orders (order_id));
diesel::joinable!(drops -> orders (order_id));
diesel::joinable!(drops -> riders (rider_id));
diesel::joinable!(drop_photos -> drops (drop_id));
diesel::joinable!(promises -> orders (order_id));
diesel::joinable!(forecasts -> orders (order_id));
diesel::joinable!(town_troubles -> orders (order_id));
diesel::joinable!(stock_movements -> products (product_id));
diesel::joinable!(awaited -> products (product_id));
diesel::joinable!(staff_sessions -> staff_members (staff_id));
